#include "CEmulation.h"
