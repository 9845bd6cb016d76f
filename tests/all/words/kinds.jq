# What each kind of content came to, from the totals themselves: tokens sent and produced, and whole
# pico-dollars. What no span owns is up to three kinds.

def pico: (. // 0) * 1e12 | round;
def tokens: .first_tokens + .resent_cached_tokens + .resent_uncached_tokens + .output_tokens;
def kind:
  if .part == "tool_output" or (.part == "text" and .source == "tool") then "tool output"
  elif .part == "tool_call" then "tool calls"
  elif .part == "reasoning" then "reasoning"
  elif .part == "image" or .part == "document" then "images"
  elif .source == "tool" then "tool output"
  elif (.source | IN("user", "assistant", "compaction_summary")) then "messages"
  else "instructions" end;
def add($kind; $tokens; $usd): .[$kind] |= [(.[0] // 0) + $tokens, (.[1] // 0) + $usd];

reduce (inputs | select(.type == "total")) as $t ({};
  if $t.source == null then
    ($t.unexplained_tokens // 0) as $tokens | ($t.unexplained_cost_usd | pico) as $usd
    | ($t.fee_cost_usd | pico) as $fee
    | add("web searches"; 0; $fee)
    | add("unrecorded"; ($t | tokens) - $tokens; ($t.cost_usd | pico) - $usd - $fee)
    | add("unexplained"; $tokens; $usd)
  else add($t | kind; $t | tokens; $t.cost_usd | pico) end)
| with_entries(select(.value != [0, 0]))
