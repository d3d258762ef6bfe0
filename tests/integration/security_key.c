/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A security key for tests: a provider of ssh(1) by the interface of PROTOCOL.u2f and sk-api.h. Its private keys lie in
 * their key handles, which no real one would do. It is touched when the file named by TOUCHED is there.
 */
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef SK_API_VERSION
#define SK_API_VERSION 0x000a0000
#endif

enum { SK_ED25519 = 1, SK_GENERAL_ERROR = -1, SK_UNSUPPORTED = -2, KEY_SIZE = 32, SIGNATURE_SIZE = 64 };

struct sk_option;

struct sk_enroll_response {
    uint8_t flags;
    uint8_t *public_key;
    size_t public_key_length;
    uint8_t *key_handle;
    size_t key_handle_length;
    uint8_t *signature;
    size_t signature_length;
    uint8_t *certificate;
    size_t certificate_length;
    uint8_t *data;
    size_t data_length;
};

struct sk_sign_response {
    uint8_t flags;
    uint32_t counter;
    uint8_t *r;
    size_t r_length;
    uint8_t *s;
    size_t s_length;
};

uint32_t sk_api_version(void);
int sk_enroll(uint32_t algorithm, const uint8_t *challenge, size_t challenge_length, const char *application,
    uint8_t flags, const char *pin, struct sk_option **options, struct sk_enroll_response **response);
int sk_sign(uint32_t algorithm, const uint8_t *data, size_t length, const char *application, const uint8_t *key_handle,
    size_t key_handle_length, uint8_t flags, const char *pin, struct sk_option **options,
    struct sk_sign_response **response);
int sk_load_resident_keys(const char *pin, struct sk_option **options, void ***keys, size_t *count);

uint32_t sk_api_version(void)
{
    return SK_API_VERSION;
}

int sk_enroll(uint32_t algorithm, const uint8_t *challenge, size_t challenge_length, const char *application,
    uint8_t flags, const char *pin, struct sk_option **options, struct sk_enroll_response **response)
{
    (void)challenge, (void)challenge_length, (void)application, (void)pin, (void)options;
    if (algorithm != SK_ED25519)
        return SK_UNSUPPORTED;
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    struct sk_enroll_response *made = calloc(1, sizeof *made);
    size_t size = KEY_SIZE;
    if (!key || !made)
        return SK_GENERAL_ERROR;
    made->flags = flags;
    made->public_key_length = made->key_handle_length = KEY_SIZE;
    made->signature_length = SIGNATURE_SIZE;
    made->public_key = calloc(1, KEY_SIZE);
    made->key_handle = calloc(1, KEY_SIZE);
    made->signature = calloc(1, SIGNATURE_SIZE);
    int is_made = EVP_PKEY_get_raw_public_key(key, made->public_key, &size) == 1 &&
                  EVP_PKEY_get_raw_private_key(key, made->key_handle, &size) == 1;
    EVP_PKEY_free(key);
    *response = made;
    return is_made ? 0 : SK_GENERAL_ERROR;
}

/* Until somebody touches it, ten seconds at most. */
static void wait_for_touch(void)
{
    const char *file = getenv("TOUCHED");
    for (unsigned i = 0; file && access(file, F_OK) != 0 && i < 200; i++)
        usleep(50000);
}

/* What is signed: the checksum of the application, the flags, a counter of four bytes, the checksum of the data. */
static size_t fill_message(uint8_t *message, const char *application, uint8_t flags, const uint8_t *data, size_t length)
{
    SHA256((const uint8_t *)application, strlen(application), message);
    message[SHA256_DIGEST_LENGTH] = flags;
    memset(message + SHA256_DIGEST_LENGTH + 1, 0, 4);
    SHA256(data, length, message + SHA256_DIGEST_LENGTH + 5);
    return 2 * SHA256_DIGEST_LENGTH + 5;
}

int sk_sign(uint32_t algorithm, const uint8_t *data, size_t length, const char *application, const uint8_t *key_handle,
    size_t key_handle_length, uint8_t flags, const char *pin, struct sk_option **options,
    struct sk_sign_response **response)
{
    uint8_t message[2 * SHA256_DIGEST_LENGTH + 5];
    (void)pin, (void)options;
    if (algorithm != SK_ED25519 || key_handle_length != KEY_SIZE)
        return SK_UNSUPPORTED;
    wait_for_touch();
    size_t message_length = fill_message(message, application, flags, data, length);
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, key_handle, key_handle_length);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    struct sk_sign_response *made = calloc(1, sizeof *made);
    if (!key || !context || !made)
        return SK_GENERAL_ERROR;
    made->flags = flags;
    made->r_length = SIGNATURE_SIZE;
    made->r = calloc(1, SIGNATURE_SIZE);
    int is_signed = EVP_DigestSignInit(context, NULL, NULL, NULL, key) == 1 &&
                    EVP_DigestSign(context, made->r, &made->r_length, message, message_length) == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    *response = made;
    return is_signed ? 0 : SK_GENERAL_ERROR;
}

int sk_load_resident_keys(const char *pin, struct sk_option **options, void ***keys, size_t *count)
{
    (void)pin, (void)options, (void)keys, (void)count;
    return SK_UNSUPPORTED;
}
