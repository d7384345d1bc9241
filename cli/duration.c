#include "cli/duration.h"

#include <ctype.h>
#include <stddef.h>

static uint64_t ms_of(char unit)
{
	switch (unit) {
	case 's':
		return 1000;
	case 'm':
		return 60 * 1000;
	case 'h':
		return 3600 * 1000;
	case 'd':
		return UINT64_C(86400) * 1000;
	case 'w':
		return UINT64_C(7) * 86400 * 1000;
	}
	return 0;
}

bool duration_parse(const char *text, uint64_t *ret_ms)
{
	uint64_t n = 0, unit;

	if (!isdigit((unsigned char)*text))
		return false;
	for (; isdigit((unsigned char)*text); text++) {
		n = n * 10 + (uint64_t)(*text - '0');
		if (n > DURATION_MS_MAX)
			return false;
	}
	unit = *text && !text[1] ? ms_of(*text) : 0;
	if (unit == 0 || n == 0 || n > DURATION_MS_MAX / unit)
		return false;
	*ret_ms = n * unit;
	return true;
}
