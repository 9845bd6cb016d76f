"""A replay of append-only threads under a policy, from a joined stream alone.

    replay.py PRICES STREAM POLICY...

Writes `THREAD N POLICY INPUT READ WRITTEN USD` for each request of each thread that only grows: no
event changes its context, every request is counted and closed by the spans that it carried. Knows
nothing of tok but the meaning of its records. PRICES is a table in LiteLLM's format.
"""
import json, sys
from collections import defaultdict
from decimal import Decimal

prices = json.load(open(sys.argv[1]), parse_float=Decimal)
policies = [(text, dict(part.split("=") for part in text.split("+"))) for text in sys.argv[3:]]


def encoding():
    import tiktoken
    return tiktoken.get_encoding("o200k_base")


def price(request, size, key):
    """Dollars for a token of a kind on the day of the request, by the size of its input."""
    entry = prices[request["model"].split("/")[-1]]
    for old in sorted(entry.get("history", []), key=lambda it: it["until"], reverse=True):
        entry = old if request["at"][:10] < old["until"] else entry
    for above, limit in (("_above_272k_tokens", 272000), ("_above_200k_tokens", 200000)):
        if size > limit and key + above in entry:
            return entry[key + above]
    if key in entry:
        return entry[key]
    # What a table leaves out: a write for an hour costs twice the input, any other what it costs.
    return price(request, size, "input_cost_per_token") * (2 if key.endswith("_above_1hr") else 1)


def cost(request, size, read, written, hour):
    kinds = {"cache_read_input_token_cost": read, "cache_creation_input_token_cost": written - hour,
             "cache_creation_input_token_cost_above_1hr": hour,
             "input_cost_per_token": size - read - written,
             "output_cost_per_token": request["output_tokens"]}
    return sum((price(request, size, key) * n for key, n in kinds.items() if n), Decimal(0))


def text_of(span):
    """The text of a span, read again at its place; the output alone where JSON wraps it."""
    with open(span["file"], "rb") as file:
        file.seek(span["offset"])
        literal = file.read(span["length"])
    text = json.loads(b'"' + literal + b'"', strict=False)
    if span.get("form") != "shell_json":
        return text, span["tokens"]
    inner = json.loads(text)["output"]
    return inner, len(encoding().encode(inner, disallowed_special=()))


def ends(text, most):
    """Both ends of a text, half of `most` bytes each, at whole lines where they have any."""
    data = text.encode()
    if len(data) <= most:
        return text
    head = data[:most // 2].decode(errors="ignore")
    tail = data[len(data) - most // 2:].decode(errors="ignore")
    head = head.rsplit("\n", 1)[0]
    tail = tail.split("\n", 1)[-1]
    gone = len(data) - len(head.encode()) - len(tail.encode())
    cut = f"{head}\n...[{gone} bytes left out]...\n{tail}"
    return cut if len(cut.encode()) < len(data) else text


def size_at_entry(span, policy):
    size = span["sent_tokens"]
    if "no-document" in policy and span.get("doc"):
        return 0
    is_output = span["part"] == "tool_output" and span["bytes"] >= 256 and span.get("tokens")
    if "head-tail" in policy and is_output and "offset" in span:
        text, whole = text_of(span)
        cut = ends(text, int(policy["head-tail"]))
        if cut != text:
            left = len(encoding().encode(cut, disallowed_special=()))
            if span.get("basis") == "counted":  # what a text counts is what it is sent as
                return max(size - max(whole - left, 0), min(left, size))
            return min(-(-size * left // max(whole, 1)), size)
    return size


def replay(requests, items, policy):
    """`items`: (request that it enters with, span or None, size), in the order of the context."""
    new, wrote, hourly = [size_at_entry(s, policy) if s else n for _, s, n in items], False, False
    drop = int(policy.get("drop-outputs", 0))
    entered = {request["n"]: at for at, request in enumerate(requests)}
    for at, request in enumerate(requests):
        n = request["n"]
        live = [i for i, (first, _, _) in enumerate(items) if first <= n]
        changed = None
        for i in live:
            first, span, _ = items[i]
            if drop and span and span["part"] == "tool_output" and at >= entered[first] + drop:
                if new[i]:
                    changed = i if changed is None else min(i, changed)
                    new[i] = 0

        def mapped(end):
            """Where a place of the real input is in this one."""
            before = after = 0
            for i in live:
                if before + items[i][2] > end:
                    return after + min(end - before, new[i])
                before, after = before + items[i][2], after + new[i]
            return after + end - before

        size = request["input_tokens"] + sum(new[i] - items[i][2] for i in live)
        stands = size if changed is None else sum(new[i] for i in live if i < changed)
        was_read, was_written = request.get("cache_read_tokens", 0), request.get("cache_write_tokens", 0)
        read = min(mapped(was_read), size, stands) if was_read else 0
        if was_written:
            wrote, hourly = True, request.get("cache_write_1h_tokens", 0) > 0
        end = mapped(was_read + was_written) if wrote else read
        written = max(min(end, size), read) - read
        yield n, size, read, written, cost(request, size, read, written, written if hourly else 0)


def threads():
    sessions, records = {}, defaultdict(list)
    for line in open(sys.argv[2]):
        record = json.loads(line, parse_float=Decimal)
        if record["type"] in ("span", "request", "event"):
            records[record["thread"]].append(record)
    for thread, records in records.items():
        requests = [r for r in records if r["type"] == "request"]
        spans = [r for r in records if r["type"] == "span" and "carried_from" in r]
        pieces = [r for r in records if r.get("what") == "unrecorded"]
        changes = [r for r in records if r.get("what") in ("context", "dropped")]
        is_plain = all(r["counted"] and "cost_usd" in r and not r.get("purpose")
                       and not r.get("samplings") and not r.get("web_searches") for r in requests)
        if changes or not is_plain or len(requests) < 5:
            continue
        last = requests[-1]["n"]
        # The head is in front; what else no file records stands behind the spans of its request.
        items = [(p["n"], None, p["tokens"]) for p in pieces if p["reason"] == "head"]
        for request in requests:
            n = request["n"]
            items += [(n, s, s["sent_tokens"]) for s in spans if s["carried_from"] == n]
            items += [(n, None, p["tokens"]) for p in pieces if p["n"] == n and p["reason"] != "head"]
        closed = all(sum(size for first, _, size in items if first <= r["n"])
                     + r["unexplained_tokens"] == r["input_tokens"] for r in requests)
        stays = all(s["carried_to"] == last for s in spans) and not any("until" in p for p in pieces)
        if closed and stays:
            yield thread, requests, items


for thread, requests, items in threads():
    for name, policy in policies:
        for n, size, read, written, usd in replay(requests, items, policy):
            print(thread, n, name, size, read, written, format(usd.normalize(), "f"))
