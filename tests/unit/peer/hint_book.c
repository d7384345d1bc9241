#include "peer/hint_book.h"

#include <stdio.h>

#include "test.h"

#include "base/limits.h"
#include "wire/public_key.h"

static struct hint_book book;
static struct random_seeded generator;
static struct random chance;
static const struct mono start = { NS_PER_S };

static struct peer_id id_of(unsigned i)
{
	uint8_t key[32] = { (uint8_t)i, (uint8_t)(i >> 8), (uint8_t)(i >> 16), 9 };
	struct peer_id id;

	public_key_ed25519_peer_id(key, &id);
	return id;
}

#define OWN 0

static void begin(void)
{
	struct peer_id own = id_of(OWN);

	random_seeded_init(&generator, 5);
	chance = random_seeded_source(&generator);
	hint_book_init(&book, &own, 77);
}

static void end(void)
{
	hint_book_deinit(&book);
}

static struct mono at_ms(uint64_t ms)
{
	return mono_add_ms(start, ms);
}

/* `via` tells of `who` at these addresses, separated by blanks. */
struct told {
	unsigned via; /* OWN: the user */
	bool is_public, is_certified, is_free;
	unsigned who;
	const char *addresses;
	uint64_t seq, at_ms;
};

static bool tell(struct told t)
{
	struct multiaddr m[70];
	struct bytes b[70];
	char copy[8192], *rest = copy, *one;
	struct peer_id via = id_of(t.via);
	struct hint_news news = { .via = t.via == OWN ? NULL : &via,
				  .via_is_public = t.is_public,
				  .id = id_of(t.who),
				  .addresses = b,
				  .is_certified = t.is_certified,
				  .seq = t.seq };

	snprintf(copy, sizeof(copy), "%s", t.addresses ? t.addresses : "");
	while ((one = strsep(&rest, " "))) {
		if (!*one)
			continue;
		assert_int_equal(multiaddr_parse(bytes_of_text(one), &m[news.n]), 0);
		b[news.n] = BYTES(m[news.n].b, m[news.n].n);
		news.n++;
	}
	if (news.via && !t.is_free && !hint_book_charge(&book, &via, at_ms(t.at_ms)))
		return false;
	return hint_book_add(&book, &news, at_ms(t.at_ms));
}

#define TELL(...) tell((struct told){ __VA_ARGS__ })

static struct hint *hint(unsigned who)
{
	struct peer_id id = id_of(who);

	return hint_book_find(&book, &id);
}

static void assert_address(const struct hint *h, size_t i, const char *text)
{
	char is[LIMIT_MULTIADDR_TEXT];
	struct multiaddr m;

	assert_true(i < h->n);
	assert_int_equal(multiaddr_decode(BYTES(h->addresses[i]->b, h->addresses[i]->n), &m), 0);
	assert_string_equal(multiaddr_text(&m, is), text);
}

static bool any(void *user, const struct hint *h)
{
	(void)h;
	return user == NULL;
}

static struct hint *choose(uint64_t ms)
{
	return hint_book_choose(&book, &chance, any, NULL, at_ms(ms));
}

TEST(what_is_told_is_kept_without_repeats)
{
	begin();
	assert_true(TELL(.via = 1, .who = 2, .addresses = "/ip4/203.0.113.7/tcp/1"));
	assert_false(TELL(.via = 1, .who = 2, .addresses = "/ip4/203.0.113.7/tcp/1"));
	assert_true(TELL(.via = 3, .who = 2, .addresses = "/dns4/a.example/tcp/1"));
	assert_int_equal(hint_book_n(&book), 1);
	assert_int_equal(hint(2)->n, 2);
	assert_address(hint(2), 0, "/ip4/203.0.113.7/tcp/1");
	assert_address(hint(2), 1, "/dns4/a.example/tcp/1");
	end();
}

TEST(nobody_tells_us_of_ourselves)
{
	begin();
	assert_false(TELL(.via = 1, .who = OWN, .addresses = "/ip4/203.0.113.7/tcp/1"));
	assert_int_equal(hint_book_n(&book), 0);
	end();
}

TEST(a_private_address_from_a_public_peer_is_never_kept)
{
	static const char *const hidden[] = {
		"/ip4/10.0.0.1/tcp/1",    "/ip4/127.0.0.1/tcp/1",  "/ip4/169.254.1.1/tcp/1",
		"/ip4/192.168.0.1/tcp/1", "/ip6/::1/tcp/1",        "/ip6/fe80::1/tcp/1",
		"/ip6/fd00::1/tcp/1",     "/ip4/100.64.0.1/tcp/1", "/ip6/::ffff:10.0.0.1/tcp/1",
	};

	begin();
	for (size_t i = 0; i < ARRAY_SIZE(hidden); i++) {
		assert_false(TELL(.via = 1, .is_public = true, .who = 2, .addresses = hidden[i]));
		assert_int_equal(hint_book_n(&book), 0);
		assert_true(TELL(.via = 3, .who = 2, .addresses = hidden[i]));
		hint_book_remove(&book, hint(2));
		assert_true(TELL(.via = OWN, .who = 2, .addresses = hidden[i]));
		assert_false(hint(2)->addresses[0]->public_only);
		hint_book_remove(&book, hint(2));
	}
	/* What is behind a name is seen when it is dialled. */
	assert_true(TELL(.via = 1, .is_public = true, .who = 2, .addresses = "/dns/a/tcp/1"));
	assert_true(hint(2)->addresses[0]->public_only);
	end();
}

TEST(what_could_not_be_dialled_is_not_kept_whoever_tells)
{
	static const char *const useless[] = {
		"/ip4/224.0.0.1/tcp/1",  "/ip4/255.255.255.255/tcp/1", "/ip4/0.0.0.0/tcp/1",
		"/ip6/ff02::1/tcp/1",    "/ip4/1.2.3.4/udp/1/quic-v1", "/ip4/1.2.3.4",
		"/ip4/1.2.3.4/tcp/1/ws",
	};
	char text[256], id[PEER_ID_TEXT_MAX];
	struct peer_id other = id_of(3), same = id_of(2);

	begin();
	for (size_t i = 0; i < ARRAY_SIZE(useless); i++) {
		assert_false(TELL(.via = 1, .who = 2, .addresses = useless[i]));
		assert_false(TELL(.via = OWN, .who = 2, .addresses = useless[i]) && hint(2)->n > 0);
	}
	snprintf(text, sizeof(text), "/ip4/1.2.3.4/tcp/1/p2p/%s", peer_id_text(&other, id));
	assert_false(TELL(.via = 1, .who = 2, .addresses = text));
	snprintf(text, sizeof(text), "/ip4/1.2.3.4/tcp/1/p2p/%s", peer_id_text(&same, id));
	assert_true(TELL(.via = 1, .who = 2, .addresses = text));
	assert_address(hint(2), 0, "/ip4/1.2.3.4/tcp/1");
	end();
}

TEST(a_peer_has_eight_addresses_and_what_it_signed_replaces_them)
{
	begin();
	assert_true(TELL(.via = 1, .who = 2,
			 .addresses = "/ip4/1.1.1.1/tcp/1 /ip4/1.1.1.1/tcp/2 /ip4/1.1.1.1/tcp/3 "
				      "/ip4/1.1.1.1/tcp/4 /ip4/1.1.1.1/tcp/5 /ip4/1.1.1.1/tcp/6 "
				      "/ip4/1.1.1.1/tcp/7 /ip4/1.1.1.1/tcp/8 /ip4/1.1.1.1/tcp/9"));
	assert_int_equal(hint(2)->n, LIMIT_HINT_ADDRESSES);
	assert_false(TELL(.via = 3, .who = 2, .addresses = "/ip4/2.2.2.2/tcp/1"));
	assert_true(TELL(.via = 3, .who = 2, .addresses = "/ip4/3.3.3.3/tcp/1",
			 .is_certified = true, .seq = 5));
	assert_int_equal(hint(2)->n, 1);
	assert_address(hint(2), 0, "/ip4/3.3.3.3/tcp/1");
	/* Neither an older record nor hearsay changes that. */
	assert_false(TELL(.via = 1, .who = 2, .addresses = "/ip4/4.4.4.4/tcp/1",
			  .is_certified = true, .seq = 5));
	assert_false(TELL(.via = 1, .who = 2, .addresses = "/ip4/4.4.4.4/tcp/1"));
	assert_true(TELL(.via = 1, .who = 2, .addresses = "/ip4/4.4.4.4/tcp/1",
			 .is_certified = true, .seq = 6));
	assert_address(hint(2), 0, "/ip4/4.4.4.4/tcp/1");
	end();
}

TEST(what_the_user_named_stays_whatever_others_sign)
{
	begin();
	assert_true(TELL(.via = OWN, .who = 2, .addresses = "/ip4/10.0.0.1/tcp/1"));
	assert_true(TELL(.via = 3, .who = 2, .addresses = "/ip4/3.3.3.3/tcp/1",
			 .is_certified = true, .seq = 5));
	assert_int_equal(hint(2)->n, 2);
	assert_address(hint(2), 0, "/ip4/10.0.0.1/tcp/1");
	assert_true(hint(2)->addresses[0]->told_by_user);
	assert_false(hint(2)->addresses[1]->told_by_user);
	end();
}

TEST(a_source_has_its_share_and_it_grows_back_slowly)
{
	unsigned n = 0;

	begin();
	for (unsigned i = 0; i < 1000; i++)
		n += TELL(.via = 1, .who = 1000 + i, .addresses = "/ip4/1.1.1.1/tcp/1");
	assert_int_equal(n, LIMIT_HINTS_PER_SOURCE);
	assert_true(book.n_refused == 1000 - LIMIT_HINTS_PER_SOURCE);
	assert_false(TELL(.via = 1, .who = 7, .addresses = "/ip4/1.1.1.1/tcp/1",
			  .at_ms = LIMIT_HINTS_REFILL_MS - 1));
	/* One more, at the cost of its own oldest; somebody else's are safe. */
	assert_true(TELL(.via = 2, .who = 8, .addresses = "/ip4/1.1.1.1/tcp/1"));
	assert_true(TELL(.via = 1, .who = 7, .addresses = "/ip4/1.1.1.1/tcp/1",
			 .at_ms = LIMIT_HINTS_REFILL_MS));
	assert_false(TELL(.via = 1, .who = 9, .addresses = "/ip4/1.1.1.1/tcp/1",
			  .at_ms = LIMIT_HINTS_REFILL_MS));
	assert_null(hint(1000));
	assert_non_null(hint(1001));
	assert_non_null(hint(8));
	assert_int_equal(hint_book_n(&book), LIMIT_HINTS_PER_SOURCE + 1);
	/* However long it waits, a burst is a burst. */
	n = 0;
	for (unsigned i = 0; i < 1000; i++)
		n += TELL(.via = 1, .who = 5000 + i, .addresses = "/ip4/1.1.1.1/tcp/1",
			  .at_ms = 100000000);
	assert_int_equal(n, LIMIT_HINTS_PER_SOURCE);
	end();
}

TEST(news_without_an_address_displace_nothing)
{
	begin();
	for (unsigned i = 0; i < LIMIT_HINTS_PER_SOURCE; i++)
		assert_true(TELL(.via = 1, .who = 1000 + i, .addresses = "/ip4/1.1.1.1/tcp/1"));
	assert_false(TELL(.via = 1, .who = 7, .is_free = true));
	assert_true(TELL(.via = 2, .who = 7));
	assert_int_equal(hint(7)->n, 0);
	end();
}

TEST(in_a_full_book_who_told_the_most_makes_room)
{
	unsigned via = 1, who = 10000;

	begin();
	while (hint_book_n(&book) < LIMIT_HINTS - 3) {
		for (unsigned i = 0;
		     i < LIMIT_HINTS_PER_SOURCE && hint_book_n(&book) < LIMIT_HINTS - 3; i++)
			assert_true(
				TELL(.via = via, .who = who++, .addresses = "/ip4/1.1.1.1/tcp/1"));
		via++;
	}
	assert_true(TELL(.via = OWN, .who = 1, .addresses = "/ip4/10.1.1.1/tcp/1"));
	assert_true(TELL(.via = 900, .who = 2, .addresses = "/ip4/1.1.1.1/tcp/1"));
	assert_true(TELL(.via = 901, .who = 3, .addresses = "/ip4/1.1.1.1/tcp/1"));
	assert_int_equal(hint_book_n(&book), LIMIT_HINTS);
	for (unsigned i = 0; i < LIMIT_HINTS_PER_SOURCE; i++)
		assert_true(TELL(.via = 902, .who = 100 + i, .addresses = "/ip4/1.1.1.1/tcp/1"));
	assert_int_equal(hint_book_n(&book), LIMIT_HINTS);
	assert_non_null(hint(1));
	assert_non_null(hint(2));
	assert_non_null(hint(3));
	end();
}

TEST(sources_are_bounded_and_those_with_nothing_left_make_room)
{
	begin();
	for (unsigned i = 0; i < LIMIT_HINT_SOURCES; i++)
		assert_true(
			TELL(.via = 10 + i, .who = 100000 + i, .addresses = "/ip4/1.1.1.1/tcp/1"));
	assert_false(TELL(.via = 5, .who = 1, .addresses = "/ip4/1.1.1.1/tcp/1"));
	/* Without hints it is still remembered until its share has grown back. */
	hint_book_remove(&book, hint(100000));
	assert_false(TELL(.via = 5, .who = 1, .addresses = "/ip4/1.1.1.1/tcp/1"));
	assert_true(TELL(.via = 5, .who = 1, .addresses = "/ip4/1.1.1.1/tcp/1",
			 .at_ms = LIMIT_HINTS_REFILL_MS));
	assert_int_equal(book.sources.n, LIMIT_HINT_SOURCES);
	end();
}

TEST(one_that_was_tried_rests_and_one_that_always_fails_is_forgotten)
{
	struct hint *h;

	begin();
	assert_null(choose(0));
	assert_true(TELL(.via = 1, .who = 2));
	assert_null(choose(0));
	assert_true(TELL(.via = 1, .who = 2, .addresses = "/ip4/1.1.1.1/tcp/1"));
	for (unsigned i = 0; i < LIMIT_HINT_TRIES; i++) {
		uint64_t ms = UINT64_C(1) * i * LIMIT_HINT_AGAIN_MS;

		h = choose(ms);
		assert_ptr_equal(h, hint(2));
		hint_book_on_tried(h, at_ms(ms));
		assert_null(choose(ms + LIMIT_HINT_AGAIN_MS - 1));
		hint_book_on_failed(&book, h, LINK_NETWORK);
	}
	assert_null(hint(2));
	/* What the user named is tried for ever. */
	assert_true(TELL(.via = OWN, .who = 3, .addresses = "/ip4/10.0.0.1/tcp/1"));
	for (unsigned i = 0; i < 2 * LIMIT_HINT_TRIES; i++)
		hint_book_on_failed(&book, hint(3), LINK_NETWORK);
	assert_non_null(hint(3));
	hint_book_on_connected(hint(3));
	assert_int_equal(hint(3)->n_failed, 0);
	end();
}

TEST(one_source_with_many_hints_does_not_drown_another_with_one)
{
	struct peer_id lonely = id_of(7);
	unsigned n_lonely = 0;

	begin();
	for (unsigned i = 0; i < LIMIT_HINTS_PER_SOURCE; i++)
		assert_true(TELL(.via = 1, .who = 100 + i, .addresses = "/ip4/1.1.1.1/tcp/1"));
	assert_true(TELL(.via = 2, .who = 7, .addresses = "/ip4/1.1.1.1/tcp/1"));
	for (unsigned i = 0; i < 1000; i++)
		n_lonely += peer_id_equal(&choose(0)->id, &lonely);
	assert_true(n_lonely > 400 && n_lonely < 600);
	assert_null(hint_book_choose(&book, &chance, any, &book, at_ms(0)));
	end();
}

TEST(addresses_are_wanted_for_those_that_have_none_that_works)
{
	struct peer_id ids[LIMIT_ADDR_ROUND_IDS], two = id_of(2), three = id_of(3);

	begin();
	assert_true(TELL(.via = 1, .who = 2));
	assert_true(TELL(.via = 1, .who = 3, .addresses = "/ip4/1.1.1.1/tcp/1"));
	assert_int_equal(hint_book_wanted(&book, &chance, any, NULL, at_ms(0), ids), 1);
	assert_true(peer_id_equal(&ids[0], &two));
	assert_int_equal(hint_book_wanted(&book, &chance, any, NULL, at_ms(1), ids), 0);
	hint_book_on_failed(&book, hint(3), LINK_NETWORK);
	assert_int_equal(hint_book_wanted(&book, &chance, any, NULL, at_ms(2), ids), 1);
	assert_true(peer_id_equal(&ids[0], &three));
	assert_int_equal(
		hint_book_wanted(&book, &chance, any, NULL, at_ms(LIMIT_HINT_AGAIN_MS + 2), ids),
		2);
	for (unsigned i = 0; i < 20; i++)
		assert_true(TELL(.via = 1, .who = 100 + i));
	assert_int_equal(hint_book_wanted(&book, &chance, any, &book, at_ms(3), ids), 0);
	assert_int_equal(hint_book_wanted(&book, &chance, any, NULL, at_ms(3), ids),
			 LIMIT_ADDR_ROUND_IDS);
	end();
}

/* Whoever publishes under many names fills the books of all who hear of them. */
TEST(invented_authors_leave_half_of_a_share_and_make_room_when_nobody_knows_them)
{
	struct peer_id via = id_of(1), ids[LIMIT_ADDR_ROUND_IDS];
	unsigned n = 0;

	begin();
	while (hint_book_charge_spare(&book, &via, at_ms(0)))
		n++;
	assert_int_equal(n, LIMIT_HINTS_PER_SOURCE / 2);
	for (n = 0; hint_book_charge(&book, &via, at_ms(0)); n++)
		assert_true(TELL(.via = 1, .who = 100 + n, .is_free = true));
	assert_int_equal(n, LIMIT_HINTS_PER_SOURCE / 2);
	for (; n < LIMIT_HINTS_PER_SOURCE; n++)
		assert_true(TELL(.via = 1, .who = 100 + n, .is_free = true));
	assert_false(TELL(.via = 1, .who = 99, .is_free = true));
	n = (unsigned)hint_book_wanted(&book, &chance, any, NULL, at_ms(0), ids);
	assert_int_equal(n, LIMIT_ADDR_ROUND_IDS);
	for (unsigned i = 0; i < n; i++)
		assert_true(TELL(.via = 1, .who = 300 + i, .is_free = true));
	assert_false(TELL(.via = 1, .who = 99, .is_free = true));
	for (unsigned i = 0; i < n; i++)
		assert_null(hint_book_find(&book, &ids[i]));
	end();
}

/* Each round brings more than are asked for in it. */
TEST(many_that_came_later_do_not_keep_the_first_from_being_asked_for)
{
	struct peer_id ids[LIMIT_ADDR_ROUND_IDS], first = id_of(50);
	unsigned next = 1000;
	bool found = false;

	begin();
	assert_true(TELL(.via = 10, .who = 50, .is_free = false));
	for (unsigned round = 0; round < 50 && !found; round++) {
		size_t n;

		for (unsigned i = 0; i < 20; i++)
			(void)TELL(.via = 11 + round, .who = next++);
		n = hint_book_wanted(&book, &chance, any, NULL, at_ms(round), ids);
		for (size_t i = 0; i < n; i++)
			found = found || peer_id_equal(&ids[i], &first);
	}
	assert_true(found);
	end();
}

TEST(what_nobody_tells_again_is_forgotten_after_a_day)
{
	begin();
	assert_true(TELL(.via = 1, .who = 2, .addresses = "/ip4/1.1.1.1/tcp/1"));
	assert_true(TELL(.via = 1, .who = 3, .addresses = "/ip4/1.1.1.1/tcp/1"));
	assert_false(TELL(.via = 4, .who = 2, .addresses = "/ip4/1.1.1.1/tcp/1", .at_ms = 5));
	hint_book_tick(&book, at_ms(LIMIT_HINT_MS - 1));
	assert_int_equal(hint_book_n(&book), 2);
	hint_book_tick(&book, at_ms(LIMIT_HINT_MS));
	assert_null(hint(3));
	assert_non_null(hint(2));
	hint_book_tick(&book, at_ms(LIMIT_HINT_MS + 5));
	assert_int_equal(hint_book_n(&book), 0);
	end();
}

TESTS(RUN(invented_authors_leave_half_of_a_share_and_make_room_when_nobody_knows_them),
      RUN(many_that_came_later_do_not_keep_the_first_from_being_asked_for),
      RUN(what_is_told_is_kept_without_repeats), RUN(nobody_tells_us_of_ourselves),
      RUN(a_private_address_from_a_public_peer_is_never_kept),
      RUN(what_could_not_be_dialled_is_not_kept_whoever_tells),
      RUN(a_peer_has_eight_addresses_and_what_it_signed_replaces_them),
      RUN(what_the_user_named_stays_whatever_others_sign),
      RUN(a_source_has_its_share_and_it_grows_back_slowly),
      RUN(news_without_an_address_displace_nothing),
      RUN(in_a_full_book_who_told_the_most_makes_room),
      RUN(sources_are_bounded_and_those_with_nothing_left_make_room),
      RUN(one_that_was_tried_rests_and_one_that_always_fails_is_forgotten),
      RUN(one_source_with_many_hints_does_not_drown_another_with_one),
      RUN(addresses_are_wanted_for_those_that_have_none_that_works),
      RUN(what_nobody_tells_again_is_forgotten_after_a_day))
