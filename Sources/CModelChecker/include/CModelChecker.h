// What the visited set needs and Swift's standard library lacks: a prefetch, and a comparison of a line's tags in one go.
#ifndef CMODELCHECKER_H
#define CMODELCHECKER_H

#include <stdint.h>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

static inline __attribute__((always_inline)) void mc_prefetch(const void *address) {
    __builtin_prefetch(address, 1, 3);
}

/// Bit i is set if tag i of the line is `tag`, for the 12 tags at its start. Reads 16 bytes.
static inline __attribute__((always_inline)) uint32_t mc_tags_equal(const void *line, uint8_t tag) {
#if defined(__SSE2__)
    __m128i tags = _mm_load_si128((const __m128i *)line);
    return (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(tags, _mm_set1_epi8((char)tag))) & 0xfffu;
#else
    const uint8_t *tags = (const uint8_t *)line;
    uint32_t equal = 0;
    for (int i = 0; i < 12; i++)
        equal |= (uint32_t)(tags[i] == tag) << i;
    return equal;
#endif
}

#endif
