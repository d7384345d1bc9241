"""What is published: announcements as Teranode's nodes make them, and a topic of large messages beside them."""
import base64
import json

PREFIX = "teranode/bitcoin/1.0.0/mainnet-"
BLOCK, SUBTREE, REJECTED = PREFIX + "block", PREFIX + "subtree", PREFIX + "rejected-tx"
BULK = "demo/bulk"
BULK_BYTES = 16 * 1024

# Block 948351 of the main chain, as its announcement carried it.
BLOCK_HASH = "000000000000000001bc8a601dd5f0659d36a9b077808850375dfa2d9f009396"
SUBTREE_HASH = "dc86d92dd782fa56d4c01aa1e20d1e474eed53ffa9c05a4d4b67cdda49f6c7bd"
COINBASE = "30e099b7318973c83020132c6b1b77f0a6bade9a4d28d36c004076d8a674d7c6"
HEADER = ("0000003aec50312dac4b9f7c3e9eb2d70bdeeb22d6720fb463dc92030000000000000000141474ed"
          "9a949b00e66577323ff01cef9da8ff9dd891c52062b49fb39e455b21f52aff69e75b2518832584b7")
HUB = "http://127.0.0.1:8090/api/v1"


def of_round(digest, number):
    """Another hash in each round: nobody may announce the same one again and again (docs/control.md)."""
    return f"{digest[:-4]}{number:04x}"


def envelope(node, announcement):
    data = base64.b64encode(json.dumps(announcement, separators=(",", ":")).encode()).decode()
    return json.dumps({"name": node.name, "data": data}, separators=(",", ":"))


def announcements(node, number):
    """One round of what a node has to say: (topic, text)."""
    common = {"PeerID": node.peer_id, "ClientName": node.name, "DataHubURL": HUB}
    yield BLOCK, envelope(node, {**common, "Hash": of_round(BLOCK_HASH, number), "Height": 948351, "Header": HEADER,
                                 "Coinbase": "", "Round": number})
    yield SUBTREE, envelope(node, {**common, "Hash": of_round(SUBTREE_HASH, number), "Round": number})
    yield REJECTED, envelope(node, {**common, "TxID": of_round(COINBASE, number), "Reason": f"demo round {number}"})


def bulk(number):
    return f"{number:06d}".encode() + b" " * (BULK_BYTES - 6)
