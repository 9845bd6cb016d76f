# Adds up what the opening of a report says, from the records themselves: requests, totals, events,
# findings, sessions. Never from the summary, which is what the report shows.
# Money in whole pico-dollars, so that the sums are exact.

def pico: (. // 0) * 1e12 | round;
def input: .first_tokens + .resent_cached_tokens + .resent_uncached_tokens;
def plus($key; $n): .[$key] = (.[$key] // 0) + $n;
def class:
  if .part == "tool_output" then "tool output"
  elif .part == "tool_call" then "tool calls"
  elif .part == "reasoning" then "reasoning"
  elif .part == "image" or .part == "document" then "images"
  elif (.source | IN("user", "assistant", "compaction_summary")) then "messages"
  elif .source == "tool" then "tool output"
  else "instructions" end;

# What a plain sum of the lines takes: a usage as often as it is written down.
def naive($r):
  if $r.counted and ($r.reports // 1) == 1 then .naive += ($r.cost_usd | pico)
  elif $r.counted or $r.uncounted == "copy" then
    .naive += ($r.naive_cost_usd | pico)
    | .naive_why |= plus(if $r.uncounted == "copy" then "copy" elif $r.reports == 0 then "unreported" else "repeated" end; 1)
  else . end;

# What has no price: the model, and the term where it is not the model.
def no_price:
  (.model // "") + if .unpriced == "service_tier" then " with service tier " + .service_tier
    elif .unpriced == "speed" then " with speed " + .speed
    elif .unpriced == "inference_geo" then " with geography " + .inference_geo
    elif .unpriced == "web_searches" then " with web searches"
    elif .unpriced == "cache" then " with its cache" else "" end;

def counted($r):
  .requests += 1
  | .input += ($r.input_tokens // 0) | .output += ($r.output_tokens // 0)
  | .cached += ($r.cache_read_tokens // 0)
  | .usd += ($r.cost_usd | pico) | .unpriced += (if $r.cost_usd == null then 1 else 0 end)
  | (if $r.cost_usd == null
     then .no_price |= plus($r | no_price; ($r.input_tokens // 0) + ($r.output_tokens // 0)) else . end)
  | .by_ledger += (if $r.reason == null then 0 else 1 end)
  | .placeholders += (if $r.output_known == false then 1 else 0 end)
  | .steps += (if $r.explained == null then 0 else 1 end)
  | .explained += (if $r.explained == true then 1 else 0 end)
  | (if $r.at != null then .first = ([.first, $r.at] | map(values) | min) | .last = ([.last, $r.at] | map(values) | max)
     else . end)
  | .thread[$r.thread] |= (. // {index: 0}
      | .tokens += ($r.input_tokens // 0) + ($r.output_tokens // 0)
      | .usd += ($r.cost_usd | pico)
      | (if $r.model != null then .models |= plus($r.model; 1) else . end));

def charged($t):
  .total.first += $t.first_tokens | .total.cached += $t.resent_cached_tokens
  | .total.uncached += $t.resent_uncached_tokens | .total.output += $t.output_tokens
  | .usd_of.first += ($t.first_cost_usd | pico) | .usd_of.cached += ($t.resent_cached_cost_usd | pico)
  | .usd_of.uncached += ($t.resent_uncached_cost_usd | pico) | .usd_of.output += ($t.output_cost_usd | pico)
  | if $t.source == null then
      ($t.unexplained_tokens // 0) as $tokens | ($t.unexplained_cost_usd | pico) as $usd
      | ($t.fee_cost_usd | pico) as $fee
      | .usd_of.fee += $fee
      | .content |= plus("web searches"; 0) | .content_usd |= plus("web searches"; $fee)
      | .in_no_file += ($t | input) - $tokens
      | .content |= plus("unrecorded"; ($t | input) + $t.output_tokens - $tokens)
      | .content |= plus("unexplained"; $tokens)
      | .content_usd |= plus("unrecorded"; ($t.cost_usd | pico) - $usd - $fee)
      | .content_usd |= plus("unexplained"; $usd)
    else
      .content |= plus($t | class; ($t | input) + $t.output_tokens)
      | .content_usd |= plus($t | class; $t.cost_usd | pico)
    end;

reduce inputs as $r (
  {requests: 0, input: 0, output: 0, cached: 0, usd: 0, unpriced: 0, no_price: {}, placeholders: 0, by_ledger: 0, steps: 0, explained: 0,
   thread: {}, threads: 0, sessions: {}, uncounted: {}, total: {}, usd_of: {}, content: {}, content_usd: {}, in_no_file: 0,
   naive: 0, naive_why: {}, breaks: 0, break_usd: 0, findings: 0, net: 0, net_usd: 0};
  if $r.type == "stream" then .prices = $r.prices
  elif $r.type == "session" then
    .threads += 1
    | .thread[$r.thread] = ((.thread[$r.thread] // {}) + {index: .threads, session: $r})
    | (if $r.replayed_reports then .naive += ($r.naive_cost_usd | pico) | .naive_why |= plus("fork"; 1) else . end)
    | (if $r.kind == "main" then .sessions |= plus($r.agent; 1) else . end)
  elif $r.type == "request" then
    naive($r) | if $r.counted then counted($r) else .uncounted |= plus($r.uncounted; 1) end
  elif $r.type == "total" then charged($r)
  elif $r.type == "event" and $r.what == "cache_break" then .breaks += 1 | .break_usd += ($r.cost_usd | pico)
  elif $r.type == "finding" then .findings += 1 | .net += $r.net_tokens | .net_usd += ($r.net_usd | pico)
  elif $r.type == "coverage" then .coverage = $r
  else . end)
| .dearest = (.thread | to_entries | map(.value) | map(select(.tokens)) | max_by([.usd, .tokens, -.index]))
| del(.thread)
