#include "CPGQuery.h"
