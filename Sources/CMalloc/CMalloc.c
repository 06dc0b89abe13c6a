#include "CMalloc.h"

#include <stdlib.h>

#ifdef __GLIBC__
#include <malloc.h>

void cmalloc_grow_in_large_steps(void) {
  mallopt(M_TOP_PAD, 8 << 20);
  // Either option ends malloc's own learning of this one, which begins at 128 kB: it would map such blocks anew each time.
  mallopt(M_MMAP_THRESHOLD, 4 << 20);
}

#else

void cmalloc_grow_in_large_steps(void) {}

#endif
