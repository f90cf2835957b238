"""Bodies of JSON lines, which Schemathesis cannot make up from the document: who sends and his facts, right and wrong ones, and noise."""

import json

import schemathesis
from hypothesis import strategies as st

texts = st.text(max_size=20)
names = st.sampled_from(["node-1", "prod", "run-1"]) | texts
values = st.recursive(
    st.none() | st.booleans() | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
sender = st.fixed_dictionaries(
    {
        "format": st.just("avouch.facts/1") | texts,
        "node": names,
        "cluster": names,
        "run": names,
        "version": texts,
        "facts": st.integers(min_value=0, max_value=3),
    }
)
times = st.just("2026-11-26T10:00:00Z") | texts
bodies = st.fixed_dictionaries({"node": names}, optional={"time": times, "from": times, "rule": texts}) | values
facts = st.fixed_dictionaries(
    {
        "seq": st.integers(min_value=-1, max_value=2**54),
        "time": times,
        "kind": st.sampled_from(["finding", "observation", "gap", "login", "start"]) | texts,
        "body": bodies,
    }
)


def lines(parts):
    return "".join(json.dumps(part) + "\n" for part in parts).encode()


batches = st.tuples(sender, st.lists(facts, max_size=3)).map(lambda batch: lines([batch[0], *batch[1]]))
schemathesis.openapi.media_type(
    "application/x-ndjson", batches | st.lists(values, max_size=4).map(lines) | st.binary(max_size=200)
)
