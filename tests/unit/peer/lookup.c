#include "peer/lookup.h"

#include <stdio.h>

#include "base/limits.h"
#include "loop/loop_virtual.h"
#include "test.h"
#include "wire/public_key.h"

static struct world *w;
static struct loop *loop;

static struct {
	size_t n_calls, n;
	int error;
	struct candidate c[LIMIT_DNSADDR_RESULTS];
} got;

static void on_done(void *user, int error, const struct candidate *c, size_t n)
{
	(void)user;
	got.n_calls++;
	got.error = error;
	got.n = n;
	if (n > 0)
		memcpy(got.c, c, n * sizeof(*c));
}

static void begin(void)
{
	memset(&got, 0, sizeof(got));
	assert_int_equal(world_new(1, &w), 0);
	assert_int_equal(world_host(w, "10.0.0.1", &loop), 0);
}

static void name(enum resolve_kind kind, const char *n, const char *text)
{
	assert_int_equal(world_add_name(w, kind, n, text), 0);
}

static int start(const char *text, struct lookup **ret)
{
	struct multiaddr m;

	assert_int_equal(multiaddr_parse(bytes_of_text(text), &m), 0);
	return lookup_start(loop, &m, on_done, NULL, ret);
}

static void look_up(const char *text)
{
	struct lookup *q;

	assert_int_equal(start(text, &q), 0);
	assert_int_equal(got.n_calls, 0);
	world_run_for(w, 60000);
	assert_int_equal(got.n_calls, 1);
}

static void peer_text(uint8_t n, char out[PEER_ID_TEXT_MAX])
{
	uint8_t key[32] = { n };
	struct peer_id id;

	public_key_ed25519_peer_id(key, &id);
	peer_id_text(&id, out);
}

TEST(a_name_gives_its_addresses_with_the_port_and_peer_of_the_question)
{
	char peer[PEER_ID_TEXT_MAX], text[256], at[ADDR_TEXT_MAX];

	begin();
	name(RESOLVE_IP4, "two.example", "10.0.0.7");
	name(RESOLVE_IP4, "two.example", "10.0.0.8");
	peer_text(1, peer);
	snprintf(text, sizeof(text), "/dns4/two.example/tcp/4001/p2p/%s", peer);
	look_up(text);
	assert_int_equal(got.n, 2);
	assert_string_equal(addr_text(&got.c[0].addr, at), "10.0.0.7:4001");
	assert_string_equal(addr_text(&got.c[1].addr, at), "10.0.0.8:4001");
	assert_true(got.c[0].has_peer);
	assert_string_equal(peer_id_text(&got.c[1].peer, text), peer);
	w = world_free(w);
}

TEST(a_name_that_nobody_has_is_an_error)
{
	begin();
	look_up("/dns6/nobody.example/tcp/4001");
	assert_int_equal(got.n, 0);
	assert_true(got.error < 0);
	w = world_free(w);
}

TEST(addresses_that_need_no_look_up_or_cannot_be_dialled_are_refused)
{
	struct lookup *q;

	begin();
	assert_int_equal(start("/ip4/1.2.3.4/tcp/1", &q), -EINVAL);
	assert_int_equal(start("/dns4/a.example/udp/1/quic-v1", &q), -EPROTONOSUPPORT);
	w = world_free(w);
}

TEST(a_dnsaddr_stands_for_several_through_further_names)
{
	char one[PEER_ID_TEXT_MAX], two[PEER_ID_TEXT_MAX], text[256], at[ADDR_TEXT_MAX];

	begin();
	peer_text(1, one);
	peer_text(2, two);
	snprintf(text, sizeof(text), "dnsaddr=/ip4/10.0.0.5/tcp/4001/p2p/%s", one);
	name(RESOLVE_TXT, "_dnsaddr.boot.example", text);
	name(RESOLVE_TXT, "_dnsaddr.boot.example", "some other record");
	name(RESOLVE_TXT, "_dnsaddr.boot.example", "dnsaddr=/not/an/address");
	snprintf(text, sizeof(text), "dnsaddr=/dnsaddr/more.example/p2p/%s", two);
	name(RESOLVE_TXT, "_dnsaddr.boot.example", text);
	snprintf(text, sizeof(text), "dnsaddr=/dns4/host.example/tcp/99/p2p/%s", two);
	name(RESOLVE_TXT, "_dnsaddr.more.example", text);
	snprintf(text, sizeof(text), "dnsaddr=/ip4/10.0.0.6/udp/4001/quic-v1/p2p/%s", two);
	name(RESOLVE_TXT, "_dnsaddr.more.example", text);
	name(RESOLVE_IP4, "host.example", "10.0.0.9");
	look_up("/dnsaddr/boot.example");
	assert_int_equal(got.n, 2);
	assert_string_equal(addr_text(&got.c[0].addr, at), "10.0.0.5:4001");
	assert_string_equal(peer_id_text(&got.c[0].peer, text), one);
	assert_string_equal(addr_text(&got.c[1].addr, at), "10.0.0.9:99");
	assert_string_equal(peer_id_text(&got.c[1].peer, text), two);
	w = world_free(w);
}

TEST(where_a_peer_is_named_only_what_leads_to_it_is_kept)
{
	char one[PEER_ID_TEXT_MAX], two[PEER_ID_TEXT_MAX], text[256], at[ADDR_TEXT_MAX];

	begin();
	peer_text(1, one);
	peer_text(2, two);
	name(RESOLVE_TXT, "_dnsaddr.boot.example", "dnsaddr=/ip4/10.0.0.4/tcp/1");
	snprintf(text, sizeof(text), "dnsaddr=/ip4/10.0.0.5/tcp/1/p2p/%s", one);
	name(RESOLVE_TXT, "_dnsaddr.boot.example", text);
	snprintf(text, sizeof(text), "dnsaddr=/ip4/10.0.0.6/tcp/1/p2p/%s", two);
	name(RESOLVE_TXT, "_dnsaddr.boot.example", text);
	snprintf(text, sizeof(text), "/dnsaddr/boot.example/p2p/%s", two);
	look_up(text);
	assert_int_equal(got.n, 1);
	assert_string_equal(addr_text(&got.c[0].addr, at), "10.0.0.6:1");
	w = world_free(w);
}

TEST(names_that_lead_in_a_circle_come_to_an_end)
{
	begin();
	name(RESOLVE_TXT, "_dnsaddr.a.example", "dnsaddr=/dnsaddr/b.example");
	name(RESOLVE_TXT, "_dnsaddr.a.example", "dnsaddr=/dnsaddr/b.example");
	name(RESOLVE_TXT, "_dnsaddr.b.example", "dnsaddr=/dnsaddr/a.example");
	name(RESOLVE_TXT, "_dnsaddr.b.example", "dnsaddr=/dnsaddr/a.example");
	look_up("/dnsaddr/a.example");
	assert_int_equal(got.n, 0);
	assert_int_equal(got.error, -ENOENT);
	w = world_free(w);
}

TEST(results_are_bounded_and_told_once)
{
	char text[128];

	begin();
	for (int k = 0; k < 4; k++) {
		snprintf(text, sizeof(text), "dnsaddr=/dnsaddr/part%d.example", k);
		name(RESOLVE_TXT, "_dnsaddr.many.example", text);
		for (int i = 0; i < RESOLVE_RESULTS_MAX; i++) {
			char at[128];

			snprintf(text, sizeof(text), "_dnsaddr.part%d.example", k);
			/* The last two parts say the same as the first two. */
			snprintf(at, sizeof(at), "dnsaddr=/ip4/10.1.%d.%d/tcp/1", k % 2, i);
			name(RESOLVE_TXT, text, at);
		}
	}
	look_up("/dnsaddr/many.example");
	assert_int_equal(got.n, LIMIT_DNSADDR_RESULTS);
	w = world_free(w);
}

TEST(a_cancelled_look_up_is_never_heard_of)
{
	struct lookup *q;

	begin();
	name(RESOLVE_IP4, "two.example", "10.0.0.7");
	assert_int_equal(start("/dns/two.example/tcp/4001", &q), 0);
	lookup_cancel(q);
	world_run_for(w, 60000);
	assert_int_equal(got.n_calls, 0);
	w = world_free(w);
}

TESTS(RUN(a_name_gives_its_addresses_with_the_port_and_peer_of_the_question),
      RUN(a_name_that_nobody_has_is_an_error),
      RUN(addresses_that_need_no_look_up_or_cannot_be_dialled_are_refused),
      RUN(a_dnsaddr_stands_for_several_through_further_names),
      RUN(where_a_peer_is_named_only_what_leads_to_it_is_kept),
      RUN(names_that_lead_in_a_circle_come_to_an_end), RUN(results_are_bounded_and_told_once),
      RUN(a_cancelled_look_up_is_never_heard_of))
