/* Digests; see digest.h.  Any thread.
 *
 * APR's, because their contexts lie on the stack: no allocation, and nothing
 * that would have to be taken down before a library's own clean-up when a
 * child exits.
 */
#include "util/digest.h"

#include <apr_md5.h>
#include <apr_sha1.h>
#include <zlib.h>

#include <string.h>

enum {
    /* apr_sha1 counts in unsigned int */
    PIECE = 1 << 30,
    SHA1_BLOCK = 64
};

void lco_md5(unsigned char digest[LCO_MD5_SIZE], const char *s, size_t len)
{
    apr_md5_ctx_t md5;

    apr_md5_init(&md5);
    for (; len > PIECE; s += PIECE, len -= PIECE) {
        apr_md5_update(&md5, s, PIECE);
    }
    apr_md5_update(&md5, s, len);
    apr_md5_final(digest, &md5);
}

static void sha1_add(apr_sha1_ctx_t *sha1, const char *s, size_t len)
{
    for (; len > PIECE; s += PIECE, len -= PIECE) {
        apr_sha1_update(sha1, s, PIECE);
    }
    apr_sha1_update(sha1, s, (unsigned) len);
}

void lco_sha1(unsigned char digest[LCO_SHA1_SIZE], const char *s, size_t len)
{
    apr_sha1_ctx_t sha1;

    apr_sha1_init(&sha1);
    sha1_add(&sha1, s, len);
    apr_sha1_final(digest, &sha1);
}

void lco_hmac_sha1(unsigned char digest[LCO_SHA1_SIZE], const char *key,
                   size_t key_len, const char *s, size_t len)
{
    unsigned char block[SHA1_BLOCK] = {0};
    apr_sha1_ctx_t sha1;
    int i;

    if (key_len > SHA1_BLOCK) {
        lco_sha1(block, key, key_len);
    }
    else if (key_len) {
        memcpy(block, key, key_len);
    }

    for (i = 0; i < SHA1_BLOCK; i++) {
        block[i] ^= 0x36;
    }
    apr_sha1_init(&sha1);
    apr_sha1_update_binary(&sha1, block, SHA1_BLOCK);
    sha1_add(&sha1, s, len);
    apr_sha1_final(digest, &sha1);

    for (i = 0; i < SHA1_BLOCK; i++) {
        block[i] ^= 0x36 ^ 0x5c;
    }
    apr_sha1_init(&sha1);
    apr_sha1_update_binary(&sha1, block, SHA1_BLOCK);
    apr_sha1_update_binary(&sha1, digest, LCO_SHA1_SIZE);
    apr_sha1_final(digest, &sha1);
}

uint32_t lco_crc32(const char *s, size_t len)
{
    return (uint32_t) crc32_z(0, (const Bytef *) s, len);
}
