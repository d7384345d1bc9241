package p2p

import "testing"

func TestShortNamesAreOfTheNetworkAndFullOnesStay(t *testing.T) {
	const block = "teranode/bitcoin/1.0.0/mainnet-block"
	for _, test := range [][3]string{
		{"mainnet", "block", block},
		{"main", "block", block},
		{"teranode/bitcoin/1.0.0/mainnet", "block", block},
		{"teranode/bitcoin/1.0.0/mainnet-", "block", block},
		{"mainnet", "rejected-tx", "teranode/bitcoin/1.0.0/mainnet-rejected-tx"},
		{"test", "node_status", "teranode/bitcoin/1.0.0/testnet-node_status"},
		{"teratest", "subtree", "teranode/bitcoin/1.0.0/teratestnet-subtree"},
		{"regtest", "block", "teranode/bitcoin/1.0.0/regtest-block"},
		{"mainnet", block, block},
		{"testnet", block, block},
		{"", "block", "block"},
		{"", block, block},
	} {
		if got := topicName(test[0], test[1]); got != test[2] {
			t.Errorf("%q with prefix %q is %q, not %q", test[1], test[0], got, test[2])
		}
	}
}

func TestTopicsBecomeSubjectsThatADoorCanRead(t *testing.T) {
	for topic, subject := range map[string]string{
		"teranode/bitcoin/1.0.0/mainnet-block": "payload.teranode/bitcoin/1.0.0/mainnet-block",
		"demo/news":                            "payload.demo/news",
		"two words":                            "payload.two%20words",
		"100%":                                 "payload.100%25",
		".a..b.":                               "payload.%2Ea.%2Eb%2E",
		"a.*.>":                                "payload.a.%2A.%3E",
		"a.*b":                                 "payload.a.*b",
		"tab\tdel\x7f":                         "payload.tab%09del%7F",
	} {
		if got := subjectOf("payload.", topic); got != subject {
			t.Errorf("%q is %q, not %q", topic, got, subject)
		}
	}
}
