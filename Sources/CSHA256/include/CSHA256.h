#ifndef CSHA256_H
#define CSHA256_H

#include <stddef.h>
#include <stdint.h>

// SHA-256 with the processor's own instructions, ten times as fast as without. Swift knows no intrinsics,
// which is the whole reason for this module; where there are no such instructions, Swift does the work.

// Whether csha256_blocks may be called.
int csha256_is_available(void);
// Takes so many blocks of 64 bytes into the state.
void csha256_blocks(uint32_t state[8], const uint8_t *input, size_t blocks);

#endif
