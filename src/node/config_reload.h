#ifndef PL_NODE_CONFIG_RELOAD_H
#define PL_NODE_CONFIG_RELOAD_H

/*
 * Settings read again while the node runs: what flags and environment said stays as it was, the
 * file is what may have changed.
 *
 *     config_reread(); for each setting config_differs(), and then config_take() where
 * setting_is_live()
 */

#include "node/config.h"

/* Errors as config_read_own_file() and config_finish(); `ret` is the caller's. */
_nodiscard_ int config_reread(const struct config *old, config_warn_fn warn, void *user,
			      struct config **ret, struct config_error *ret_error);
bool config_differs(const struct config *a, const struct config *b, enum setting_id id);
/* Can it change without a restart? */
bool setting_is_live(enum setting_id id);
/* The setting, which is live, as `from` has it. */
void config_take(struct config *to, struct config *from, enum setting_id id);

#endif
