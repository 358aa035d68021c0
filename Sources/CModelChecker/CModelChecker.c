#include "CModelChecker.h"
