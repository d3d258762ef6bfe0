/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The main function of a fuzz target outside libFuzzer: runs every file of its corpus, and mutants of it that are the
 * same in every run. Arguments: files or folders; none: tests/fuzz/corpus/NAME for the program fuzz_NAME.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "dagtop/base/memory.h"
#include "dagtop/base/text.h"
#include "fuzz.h"

enum { MUTANTS = 200, CHANGES = 4 };

/* The input in a block of exactly its size, so that a sanitizer sees a read beyond it. */
static void run_input(const char *bytes, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);
    if (!copy)
        broken("out of memory");
    memcpy(copy, bytes, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

/* xorshift (Marsaglia 2003): the same numbers in every run. */
static size_t random_below(uint32_t *seed, size_t limit)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    return *seed % limit;
}

static void mutate(struct text *input, uint32_t *seed)
{
    static const char bytes[] = "'\"{}[],-=:%#\\\n\t \x1b\x7f\x80\xc2\xe2\xff@0";
    if (input->length == 0)
        return;
    size_t place = random_below(seed, input->length);
    switch (random_below(seed, 4)) {
    case 0:
        input->data[place] = bytes[random_below(seed, sizeof bytes)];
        break;
    case 1:
        input->data[place] = (char)random_below(seed, 256);
        break;
    case 2:
        text_consume(input, random_below(seed, place + 1));
        break;
    default:
        text_truncate(input, place);
    }
}

static void run_file(const char *path)
{
    struct text original, mutant;
    struct error error;
    uint32_t seed = 2463534242;
    text_init(&original, 0);
    text_init(&mutant, 0);
    if (text_read_file(&original, path, &error) != STATUS_OK)
        broken("%s", error.message);
    run_input(original.data, original.length);
    for (unsigned i = 0; i < MUTANTS; i++) {
        text_clear(&mutant);
        text_append(&mutant, original.data, original.length);
        for (size_t changes = 1 + random_below(&seed, CHANGES); changes > 0; changes--)
            mutate(&mutant, &seed);
        run_input(mutant.data, mutant.length);
    }
    text_release(&original);
    text_release(&mutant);
}

/* Runs a file, or the files of a folder; returns how many. */
static unsigned run_path(const char *path)
{
    struct stat info;
    unsigned count = 0;
    if (stat(path, &info) != 0)
        broken("there is no %s", path);
    DIR *folder = S_ISDIR(info.st_mode) ? opendir(path) : NULL;
    if (!folder) {
        run_file(path);
        return 1;
    }
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (entry->d_name[0] == '.')
            continue;
        char *inner = memory_format("%s/%s", path, entry->d_name);
        run_file(inner);
        free(inner);
        count++;
    }
    closedir(folder);
    return count;
}

int main(int argument_count, char **arguments)
{
    static const char prefix[] = "fuzz_";
    unsigned count = 0;
    for (int i = 1; i < argument_count; i++)
        count += run_path(arguments[i]);
    if (argument_count == 1) {
        const char *root = getenv("top_srcdir"), *slash = strrchr(arguments[0], '/');
        const char *name = slash ? slash + 1 : arguments[0];
        if (strncmp(name, prefix, sizeof prefix - 1) == 0)
            name += sizeof prefix - 1;
        char *corpus = memory_format("%s/tests/fuzz/corpus/%s", root ? root : ".", name);
        count = run_path(corpus);
        free(corpus);
    }
    printf("%u files and %u mutants of each\n", count, (unsigned)MUTANTS);
    return count ? 0 : 1;
}
