#include "CUserInterrupts.h"
