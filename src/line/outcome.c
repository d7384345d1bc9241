#include <string.h>

#include "line/line_priv.h"

const char *pl_strerror(int result)
{
	static const struct {
		int value;
		const char *text;
	} rows[] = {
#define ROW(name, value, text) { name, text },
		PL_OUTCOMES(ROW)
#undef ROW
	};
	const char *text;

	if (result == 0)
		return "done";
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].value == result)
			return rows[i].text;
	/* Unlike strerror() it depends on no locale, and its texts are for ever. */
	text = result < 0 && result > -4096 ? strerrordesc_np(-result) : NULL;
	return text ? text : "a result that this library does not know";
}
