//! Faults on order: what goes wrong, on which calls, and how often.
//!
//! A specification is read once, before the sandbox starts. Which calls it hits
//! depends on nothing but the seed and the order of the calls, so a test repeats;
//! only `limit` goes by time. Sending the damage is the server's business.

mod call;
mod grammar;
mod kind;
mod log;
mod page;
mod plan;
mod tamper;

pub use call::{Incoming, ListRead};
pub use grammar::{FaultError, Faults};
pub use kind::{FaultKind, GatewayPage, Instead, Moment, Spoil, Warning};
pub use log::FaultLog;
pub use page::{PageText, content, plain};
pub use plan::{FaultPlan, Mishap, PlanImage};
pub use tamper::{hex_escaped, tamper_reply, tamper_request};

/// The grammar, for `--help`.
pub const HELP: &str = "\
Rules separated by commas, each KIND[=VALUE][@ACTION][:WHEN].

Time. A client that hangs up never cancels an action.
  latency=300ms   carry the action out that much later, then answer
  late=14s        the same, for a client that will not wait so long
  latency-after=2s  carry it out at once, answer that much later
  slow=2s         drip the reply over that time
  limit=10        503 to calls above 10 a second; nothing was done

Something else instead of the reply. Alone or with -before, nothing was
done; with -after, the action was carried out; with -late=14s the answer
comes at once and the action is carried out that much later.
  reset-before, reset-after, reset-late   close the connection
  empty           status 200 and an empty body
  503             a page with that status, any from 200 to 599; 503=2s and
                  429=2s say when to try again (429 is never after)
  html=503        the page of a site under maintenance, 200 if not said
  apache=503, nginx=504, cloudflare=520, modsecurity=406   pages as they look
  problem=502     JSON that is not WHMCS's (application/problem+json)
  module-timeout[-after]   WHMCS's own error: `cURL error 28: …`; strikes
                  actions that ask a module, a registrar or a gateway

A damaged reply; the action was carried out.
  cut             send half the body, then close the connection
  truncate        send half of the JSON as if it were whole
  php-warning     put a PHP warning before the reply
  content-type    send the reply as text/html
  warning         put a warning beside success
  echo            the same, and it repeats the whole request as JSON
  echo-hex        the same with \\u0022 and \\u0026 as PHP's JSON_HEX flags have it

Lists.
  shift=-1        before each further page a record leaves the list at its start
  shift=+1        a record that was missing enters it there, once
  total=+5        totalresults is wrong by that; total=7 is always 7;
                  total=~3 moves by up to 3
  empty-page      a page comes without its records

  storm           one of all these, by the dice; 25% of calls if not said

WHEN is 5% (of calls, at random but seeded), #3 (the third call), #3-5 or /10
(every tenth); without it every call. With @ACTION only calls of that action
count; for faults of lists and modules, only calls they can strike (`shift`
counts pages after the first). If several faults strike one call, the
first applies; latencies and shifts are added.
With --fault-log FILE each call that was struck becomes a line of JSON: its
number, its action, the rules, whether they struck before or after the action
was carried out, whether it was, and how many milliseconds later.
Example: reset-after@AddClient:#3,latency=1s:5%,429=2s:/50";
