/* MD5, SHA-1, HMAC-SHA-1, CRC-32 of one piece of memory.
 *
 * Any thread; nothing is allocated, nothing is kept.
 */
#ifndef LCO_UTIL_DIGEST_H
#define LCO_UTIL_DIGEST_H

#include <stddef.h>
#include <stdint.h>

enum {
    LCO_MD5_SIZE = 16,
    LCO_SHA1_SIZE = 20
};

void lco_md5(unsigned char digest[LCO_MD5_SIZE], const char *s, size_t len);
void lco_sha1(unsigned char digest[LCO_SHA1_SIZE], const char *s, size_t len);
void lco_hmac_sha1(unsigned char digest[LCO_SHA1_SIZE], const char *key,
                   size_t key_len, const char *s, size_t len);
uint32_t lco_crc32(const char *s, size_t len);

#endif
