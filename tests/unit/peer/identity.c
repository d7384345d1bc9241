#include "peer/identity.h"

#include "test.h"
#include "wire/multiaddr.h"

static struct bytes text(const char *t)
{
	return bytes_of_text(t);
}

static struct multiaddr addr(const char *t)
{
	struct multiaddr m;

	assert_int_equal(multiaddr_parse(text(t), &m), 0);
	return m;
}

static struct bytes raw(const struct multiaddr *m)
{
	return BYTES(m->b, m->n);
}

static const char a1[] = "/ip4/10.0.0.1/tcp/4001", a2[] = "/ip4/10.0.0.2/udp/4001/quic-v1";

static void full(struct identify *m, const struct multiaddr *one, const struct multiaddr *two)
{
	*m = (struct identify){
		.has_agent = true,
		.agent = text("js-libp2p/3.0.0"),
		.has_protocol_version = true,
		.protocol_version = text("ipfs/0.1.0"),
		.has_observed = true,
		.observed = raw(one),
		.n_listen = 2,
		.listen = { raw(one), raw(two) },
		.n_protocols = 2,
		.protocols = { text("/ipfs/ping/1.0.0"), text("/meshsub/1.2.0") },
	};
}

TEST(everything_a_message_says_is_kept)
{
	struct multiaddr one = addr(a1), two = addr(a2);
	struct identify *m = malloc(sizeof(*m));
	struct identity *i;

	full(m, &one, &two);
	i = identity_new(m, NULL);
	free(m);
	assert_string_equal(i->agent, "js-libp2p/3.0.0");
	assert_string_equal(i->protocol_version, "ipfs/0.1.0");
	assert_true(bytes_equal(i->observed, raw(&one)));
	assert_int_equal(i->n_listen, 2);
	assert_true(bytes_equal(i->listen[1], raw(&two)));
	assert_int_equal(i->n_protocols, 2);
	assert_true(identity_serves(i, "/meshsub/1.2.0"));
	assert_false(identity_serves(i, "/meshsub/1.2"));
	assert_false(identity_serves(NULL, "/meshsub/1.2.0"));
	identity_free(i);
}

TEST(an_empty_message_says_nothing)
{
	struct identify m = { 0 };
	struct identity *i = identity_new(&m, NULL);

	assert_null(i->agent);
	assert_null(i->protocol_version);
	assert_int_equal(i->n_protocols + i->n_listen + i->observed.n, 0);
	identity_free(i);
	assert_null(identity_free(NULL));
}

TEST(what_a_push_leaves_out_stays_as_it_was)
{
	struct multiaddr one = addr(a1), two = addr(a2);
	struct identify m;
	struct identity *old, *i;

	full(&m, &one, &two);
	old = identity_new(&m, NULL);
	m = (struct identify){ .n_protocols = 1, .protocols = { text("/floodsub/1.0.0") } };
	i = identity_new(&m, old);
	identity_free(old);
	assert_string_equal(i->agent, "js-libp2p/3.0.0");
	assert_int_equal(i->n_protocols, 1);
	assert_string_equal(i->protocols[0], "/floodsub/1.0.0");
	assert_int_equal(i->n_listen, 2);
	assert_true(bytes_equal(i->listen[0], raw(&one)));
	assert_true(bytes_equal(i->observed, raw(&one)));

	m = (struct identify){ .has_agent = true, .agent = text("new") };
	old = i;
	i = identity_new(&m, old);
	identity_free(old);
	assert_string_equal(i->agent, "new");
	assert_int_equal(i->n_protocols, 1);
	identity_free(i);
}

TEST(what_cannot_be_shown_or_used_is_left_out)
{
	static uint8_t long_name[LIMIT_PROTOCOL_NAME + 1];
	struct multiaddr one = addr(a1);
	struct identify m = {
		.has_agent = true,
		.agent = text("a\nb\x7f\xff"),
		.has_observed = true,
		.observed = text("nonsense"),
		.n_listen = 2,
		.listen = { text("\xff\xff"), raw(&one) },
		.n_protocols = 5,
		.protocols = { text(""), text("/a b"), BYTES("/a\0b", 4),
			       BYTES(long_name, sizeof(long_name)), text("/good/1") },
	};
	struct identity *i;

	memset(long_name, 'x', sizeof(long_name));
	i = identity_new(&m, NULL);
	assert_string_equal(i->agent, "a?b??");
	assert_int_equal(i->observed.n, 0);
	assert_int_equal(i->n_listen, 1);
	assert_true(bytes_equal(i->listen[0], raw(&one)));
	assert_int_equal(i->n_protocols, 1);
	assert_string_equal(i->protocols[0], "/good/1");
	identity_free(i);
}

TESTS(RUN(everything_a_message_says_is_kept), RUN(an_empty_message_says_nothing),
      RUN(what_a_push_leaves_out_stays_as_it_was), RUN(what_cannot_be_shown_or_used_is_left_out))
