/* SPDX-License-Identifier: Apache-2.0 */
/* The C interface, as an application in C11 uses it. Runs the test whose name is given, or all. */

#include "scene.h"

#include <stdbool.h>

static const struct {
    const char* name;
    void (*run)(void);
} tests[] = {
#define TEST(name) {#name, name},
#include "tests.def"
};

int main(int argc, char** argv) {
    bool found = false;
    for (size_t i = 0; i < sizeof tests / sizeof *tests; ++i) {
        if (argc > 1 && strcmp(argv[1], tests[i].name) != 0) continue;
        found = true;
        printf("%s\n", tests[i].name);
        fflush(stdout);
        tests[i].run();
    }
    if (!found) fprintf(stderr, "no test is called %s\n", argv[1]);
    return found ? 0 : 1;
}
