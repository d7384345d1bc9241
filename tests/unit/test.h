#ifndef PL_TESTS_UNIT_TEST_H
#define PL_TESTS_UNIT_TEST_H

/*
 * The unit tests' harness, on cmocka:
 *
 *     TEST(an_empty_buffer_has_no_data) { ... assert_int_equal(...); }
 *     TESTS(RUN(an_empty_buffer_has_no_data), RUN(...))
 *
 * Names are sentences. Bytes written as hexadecimal text become values with HEX().
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/def.h"

#define TEST(name) static void name(void **state __attribute__((unused)))
#define RUN(name) cmocka_unit_test(name)
#define TESTS(...)                                                                                 \
	int main(void)                                                                             \
	{                                                                                          \
		const struct CMUnitTest tests[] = { __VA_ARGS__ };                                 \
		return cmocka_run_group_tests(tests, NULL, NULL);                                  \
	}

#define assert_bytes(b, text)                                                                      \
	do {                                                                                       \
		struct bytes _b = (b);                                                             \
		assert_int_equal(_b.n, strlen(text));                                              \
		assert_memory_equal(_b.p, text, _b.n);                                             \
	} while (0)

/* Decodes hexadecimal text into a static ring of buffers: good for the rest of one test. Blanks are
 * skipped. */
static inline struct bytes HEX(const char *text) {
	static uint8_t ring[32][4096];
	static size_t next;
	uint8_t *out = ring[next++ % ARRAY_SIZE(ring)];
	size_t n = 0;

	for (const char *p = text; *p;) {
		char pair[3] = { 0 };

		if (*p == ' ' || *p == '\n') {
			p++;
			continue;
		}
		memcpy(pair, p, 2);
		out[n++] = (uint8_t)strtoul(pair, NULL, 16);
		p += 2;
	}
	return BYTES(out, n);
}

#endif
