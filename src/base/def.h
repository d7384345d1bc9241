#ifndef PL_BASE_DEF_H
#define PL_BASE_DEF_H

/* The few words every file uses. */

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define _cleanup_(f) __attribute__((cleanup(f)))
#define _nodiscard_ __attribute__((warn_unused_result))
#define _printf_(a, b) __attribute__((format(printf, a, b)))

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define container_of(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

#define TAKE_PTR(p)                                                                                \
	({                                                                                         \
		__typeof__(p) *_pp = &(p);                                                         \
		__typeof__(p) _v = *_pp;                                                           \
		*_pp = NULL;                                                                       \
		_v;                                                                                \
	})

/*
 * Assertions state programming errors only; they have no side effects and are never compiled out.
 * Nothing a peer or a consumer sends may reach one.
 */
_Noreturn void assert_failed(const char *expr, const char *file, int line);
#define ASSERT(e) ((e) ? (void)0 : assert_failed(#e, __FILE__, __LINE__))

static inline size_t size_min(size_t a, size_t b)
{
	return a < b ? a : b;
}

static inline size_t size_max(size_t a, size_t b)
{
	return a > b ? a : b;
}

/* A borrowed run of bytes. Whoever hands one out says for how long it lives. */
struct bytes {
	const uint8_t *p;
	size_t n;
};

#define BYTES(ptr, len) ((struct bytes){ .p = (const uint8_t *)(ptr), .n = (len) })
#define BYTES_LITERAL(s) BYTES("" s, sizeof(s) - 1)

bool bytes_equal(struct bytes a, struct bytes b);
struct bytes bytes_of_text(const char *text);

#endif
