/* Proves who somebody is by its token, and what the patterns beside it let it do. */

#include <stdio.h>

#include "test.h"

#include "share/rights.h"

#define PREFIX "teranode/bitcoin/1.0.0/mainnet-"

struct one {
	struct rights_table *table;
	struct rights *rights;
};

static struct one one_new(void)
{
	struct one o = { .table = rights_table_new(PREFIX) };

	assert_int_equal(rights_table_add(o.table, "arcade", "0123456789abcdef", &o.rights), 0);
	return o;
}

static void allow(struct one *o, enum rights_kind kind, const char *pattern)
{
	assert_int_equal(rights_allow(o->table, o->rights, kind, pattern), 0);
}

static bool sees(const struct one *o, const char *pattern)
{
	return rights_may_subscribe(o->rights, bytes_of_text(pattern), PREFIX);
}

static bool says(const struct one *o, const char *subject)
{
	return rights_may_publish(o->rights, bytes_of_text(subject), PREFIX);
}

static const struct rights *who(const struct rights_table *t, const char *text)
{
	uint8_t token[RIGHTS_TOKEN_MAX] = { 0 };

	memcpy(token, text, strlen(text));
	return rights_of_token(t, token);
}

TEST(a_token_is_told_from_its_beginning_and_from_what_begins_like_it)
{
	struct one o = one_new();
	uint8_t long_one[RIGHTS_TOKEN_MAX];

	assert_ptr_equal(who(o.table, "0123456789abcdef"), o.rights);
	assert_null(who(o.table, "0123456789abcde"));
	assert_null(who(o.table, "0123456789abcdefg"));
	assert_null(who(o.table, "0123456789abcdeF"));
	assert_null(who(o.table, ""));
	assert_null(who(NULL, "0123456789abcdef"));
	/* The same text, and something behind its end. */
	memset(long_one, 0, sizeof(long_one));
	memcpy(long_one, "0123456789abcdef", 16);
	long_one[18] = 'x';
	assert_null(rights_of_token(o.table, long_one));
	rights_table_free(o.table);
}

TEST(names_and_tokens_stand_once_and_are_clean)
{
	struct one o = one_new();
	struct rights *r;
	char name[LIMIT_CONSUMER_ID + 2], token[RIGHTS_TOKEN_MAX + 1];

	assert_int_equal(rights_table_add(o.table, "arcade", "another token 00", &r),
			 RIGHTS_E_TOKEN);
	assert_int_equal(rights_table_add(o.table, "arcade", "another-token-00", &r),
			 RIGHTS_E_NAME_TAKEN);
	assert_int_equal(rights_table_add(o.table, "other", "0123456789abcdef", &r),
			 RIGHTS_E_TOKEN_TAKEN);
	assert_int_equal(rights_table_add(o.table, "other", "short", &r), RIGHTS_E_TOKEN);
	assert_int_equal(rights_table_add(o.table, "", "another-token-00", &r), RIGHTS_E_NAME);
	assert_int_equal(rights_table_add(o.table, "owner", "another-token-00", &r), RIGHTS_E_NAME);
	assert_int_equal(rights_table_add(o.table, "a#1", "another-token-00", &r), RIGHTS_E_NAME);
	assert_int_equal(rights_table_add(o.table, "a\"b", "another-token-00", &r), RIGHTS_E_NAME);
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = 0;
	assert_int_equal(rights_table_add(o.table, name, "another-token-00", &r), RIGHTS_E_NAME);
	name[LIMIT_CONSUMER_ID] = 0;
	memset(token, 't', sizeof(token) - 1);
	token[RIGHTS_TOKEN_MAX] = 0;
	assert_int_equal(rights_table_add(o.table, name, token, &r), RIGHTS_E_TOKEN);
	token[RIGHTS_TOKEN_MAX - 1] = 0;
	assert_int_equal(rights_table_add(o.table, name, token, &r), 0);
	assert_ptr_equal(who(o.table, token), r);
	assert_int_equal(rights_table_count(o.table), 2);
	rights_table_free(o.table);
}

TEST(there_are_at_most_so_many_entries)
{
	struct rights_table *t = rights_table_new("");
	struct rights *r;
	char name[16], token[32];

	for (int i = 0; i <= LIMIT_CREDENTIALS; i++) {
		snprintf(name, sizeof(name), "c%d", i);
		snprintf(token, sizeof(token), "token-of-somebody-%d", i);
		assert_int_equal(rights_table_add(t, name, token, &r),
				 i < LIMIT_CREDENTIALS ? 0 : -ENOSPC);
	}
	assert_string_equal(rights_of_name(t, "c7")->name, "c7");
	assert_null(rights_of_name(t, "c"));
	rights_table_free(t);
}

TEST(without_rights_only_an_inbox_is_left)
{
	struct one o = one_new();

	assert_true(sees(&o, "_INBOX.abcdefgh.*"));
	assert_true(sees(&o, "_INBOX.abcdefgh"));
	assert_true(sees(&o, "_INBOX_arcade.abcdefgh.>"));
	assert_false(sees(&o, "_INBOX.*.x"));
	assert_false(sees(&o, "_INBOX.>"));
	assert_false(sees(&o, "_INBOX"));
	assert_false(sees(&o, "_"));
	assert_false(sees(&o, "a"));
	assert_false(says(&o, "a"));
	assert_false(says(&o, "_INBOX.abcdefgh"));
	assert_false(rights_may_ask(o.rights, bytes_of_text("STATUS")));
	rights_table_free(o.table);
}

TEST(everything_is_not_what_is_between_others)
{
	static const char *const guarded[] = {
		"$PL.EVENT.GAP",       "$PL.EVENT.>", "$JS.API.INFO",       "_INBOX.>",
		"_INBOX.*.a",          "serve.x",     "validate.any",       "validate.>",
		"$PL.VERDICT.1234abc", "serve.>",     "$SYS.REQ.USER.INFO",
	};
	struct one o = one_new();

	allow(&o, RIGHTS_SUBSCRIBE, ">");
	allow(&o, RIGHTS_PUBLISH, ">");
	assert_true(sees(&o, ">") && sees(&o, "*.x") && sees(&o, "a.b") && sees(&o, "topic.>"));
	assert_true(says(&o, "a.b") && says(&o, "topic.x") && says(&o, "served"));
	for (size_t i = 0; i < ARRAY_SIZE(guarded); i++) {
		assert_false(sees(&o, guarded[i]));
		assert_false(says(&o, guarded[i]));
	}
	allow(&o, RIGHTS_SUBSCRIBE, "$PL.EVENT.>");
	allow(&o, RIGHTS_SUBSCRIBE, "validate.any");
	assert_true(sees(&o, "$PL.EVENT.GAP") && sees(&o, "$PL.EVENT.>") &&
		    sees(&o, "validate.any"));
	assert_false(sees(&o, "$PL.>") || sees(&o, "validate.>"));
	rights_table_free(o.table);
}

TEST(a_topic_is_the_same_however_it_is_written)
{
	struct one o = one_new();

	allow(&o, RIGHTS_SUBSCRIBE, "topic.block");
	allow(&o, RIGHTS_PUBLISH, "payload.a%2Fb");
	assert_true(sees(&o, "topic.block"));
	assert_true(sees(&o, "topic." PREFIX "block"));
	assert_true(sees(&o, "topic.%62lock"));
	assert_false(sees(&o, "payload.block"));
	assert_false(sees(&o, "topic.blocks"));
	assert_false(sees(&o, "topic.*") || sees(&o, "topic.>"));
	assert_true(says(&o, "payload.a/b") && says(&o, "payload.a%2fb"));
	assert_false(says(&o, "payload.a.b") || says(&o, "topic.a/b"));
	assert_false(says(&o, "payload.%") || says(&o, "payload."));
	rights_table_free(o.table);
}

TEST(methods_and_verbs_have_lists_of_their_own)
{
	struct one o = one_new();
	char method[LIMIT_SUBJECT];

	assert_int_equal(rights_allow(o.table, o.rights, RIGHTS_SUBSCRIBE, "serve.x"),
			 RIGHTS_E_SERVE);
	assert_int_equal(rights_allow(o.table, o.rights, RIGHTS_PUBLISH, "$PL.API.STOP"),
			 RIGHTS_E_API);
	assert_int_equal(rights_allow(o.table, o.rights, RIGHTS_SERVE, "serve.x"), RIGHTS_E_SERVE);
	assert_int_equal(rights_allow(o.table, o.rights, RIGHTS_API, "$PL.API.STOP"), RIGHTS_E_API);
	assert_int_equal(rights_allow(o.table, o.rights, RIGHTS_API, "ST OP"), RIGHTS_E_SUBJECT);
	assert_int_equal(rights_allow(o.table, o.rights, RIGHTS_API, "A.B"), RIGHTS_E_SUBJECT);
	assert_int_equal(rights_allow(o.table, o.rights, RIGHTS_API, ">"), RIGHTS_E_SUBJECT);
	assert_int_equal(rights_allow(o.table, o.rights, RIGHTS_SERVE, ""), RIGHTS_E_SUBJECT);
	memset(method, 'm', sizeof(method) - 1);
	method[sizeof(method) - 1] = 0;
	assert_int_equal(rights_allow(o.table, o.rights, RIGHTS_SERVE, method), RIGHTS_E_SUBJECT);
	assert_int_equal(rights_allow(o.table, o.rights, RIGHTS_SUBSCRIBE, "a..b"),
			 RIGHTS_E_SUBJECT);
	assert_int_equal(rights_allow(o.table, o.rights, RIGHTS_PUBLISH, "a b"), RIGHTS_E_SUBJECT);
	allow(&o, RIGHTS_SERVE, "header");
	allow(&o, RIGHTS_API, "STATUS");
	assert_true(sees(&o, "serve.header") && rights_may_ask(o.rights, bytes_of_text("STATUS")));
	assert_false(sees(&o, "serve.>") || rights_may_ask(o.rights, bytes_of_text("STATUSX")));
	rights_table_free(o.table);
}

TEST(an_entry_is_called_by_its_name_or_as_its_replica)
{
	static const struct rights owner = { .is_owner = true };
	struct one o = one_new();

	assert_true(rights_may_be(o.rights, "arcade") && rights_may_be(o.rights, "arcade#2"));
	assert_false(rights_may_be(o.rights, "arcade#") || rights_may_be(o.rights, "arcade2"));
	assert_false(rights_may_be(o.rights, "arcad") || rights_may_be(o.rights, "other"));
	assert_true(rights_may_be(&owner, "arcade"));
	rights_table_free(o.table);
}

TEST(the_owner_may_do_everything_and_a_stranger_nothing)
{
	static const struct rights owner = { .is_owner = true };
	struct bytes all = bytes_of_text(">"), stop = bytes_of_text("STOP");

	assert_true(rights_may_subscribe(&owner, all, "") && rights_may_publish(&owner, stop, ""));
	assert_true(rights_may_ask(&owner, stop));
	assert_false(rights_may_subscribe(&rights_of_strangers, all, ""));
	assert_false(rights_may_publish(&rights_of_strangers, stop, ""));
	assert_false(rights_may_ask(&rights_of_strangers, stop));
}

TESTS(RUN(a_token_is_told_from_its_beginning_and_from_what_begins_like_it),
      RUN(names_and_tokens_stand_once_and_are_clean), RUN(there_are_at_most_so_many_entries),
      RUN(without_rights_only_an_inbox_is_left), RUN(everything_is_not_what_is_between_others),
      RUN(a_topic_is_the_same_however_it_is_written),
      RUN(methods_and_verbs_have_lists_of_their_own),
      RUN(an_entry_is_called_by_its_name_or_as_its_replica),
      RUN(the_owner_may_do_everything_and_a_stranger_nothing))
