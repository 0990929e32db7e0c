//! What can go wrong with a call.

use std::time::Duration;

/// One way for a call to go wrong.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum FaultKind {
    /// The action is carried out that much later, and then answered.
    Latency(Duration),
    /// The action is carried out at once and answered that much later.
    Hold(Duration),
    /// Something else is sent in the place of a reply.
    Instead(Instead, Moment),
    /// More calls came within a second than that; nothing is done.
    Limit(u32),
    /// The reply arrives damaged.
    Spoil(Spoil),
    /// WHMCS answers that a module or gateway timed out.
    ModuleTimeout {
        /// Whether it was done all the same.
        is_done: bool,
        /// What the error says.
        words: &'static str,
    },
    /// Records leave (below zero) or enter a list between two of its pages.
    Shift(i64),
    /// A page of a list comes without its records.
    EmptyPage,
    /// The total of a list is wrong.
    Total(Total),
    /// A warning stands beside success.
    Warn(Warning),
    /// One of all the others, by the dice.
    Storm,
}

/// What is sent in the place of a reply.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Instead {
    /// Nothing; the connection closes.
    Reset,
    /// Status 200 and no byte of a body.
    Empty,
    /// A page, or JSON that is not WHMCS's.
    Page(GatewayPage),
}

/// A page of what stands before WHMCS.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct GatewayPage {
    /// Whose page.
    pub sender: Sender,
    /// The HTTP status.
    pub status: u16,
    /// When to try again, if it says so.
    pub retry_after: Option<Duration>,
}

/// Who sends a page in WHMCS's place.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Sender {
    /// Some web server.
    Server,
    /// WHMCS's own host, down for maintenance.
    Maintenance,
    /// Apache, in front of PHP.
    Apache,
    /// nginx, in front of PHP.
    Nginx,
    /// Cloudflare, in front of everything.
    Cloudflare,
    /// `ModSecurity`, a filter in Apache.
    ModSecurity,
    /// An API gateway that answers in JSON of its own, after RFC 9457.
    Problem,
}

/// When an answer in the place of a reply is given.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Moment {
    /// Before the action, which is not carried out.
    Before,
    /// When the action was carried out.
    After,
    /// At once; the action is carried out that much later.
    Late(Duration),
}

/// How a reply is damaged on its way.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Spoil {
    /// The connection closes in the middle of the body.
    Cut,
    /// The body ends early but the HTTP message is whole.
    Truncate,
    /// The reply drips over that time.
    Slow(Duration),
    /// A PHP warning stands before the reply.
    PhpWarning,
    /// The reply calls itself HTML.
    ContentType,
}

/// How the total of a list is wrong.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Total {
    /// That many more, or fewer, than there are.
    Off(i64),
    /// Always that number.
    Is(i64),
    /// Up to that many more or fewer, another number each time.
    Moves(i64),
}

/// What a warning beside success says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Warning {
    /// Something of no consequence.
    Plain,
    /// The whole request, as PHP's `json_encode` writes it.
    Echo,
    /// The same with PHP's `JSON_HEX_…` flags, in the reply too.
    EchoHex,
}

impl FaultKind {
    /// Whether the call's action is carried out all the same, be it later.
    pub const fn carries_out(self) -> bool {
        !matches!(
            self,
            Self::Instead(_, Moment::Before)
                | Self::Limit(_)
                | Self::ModuleTimeout { is_done: false, .. }
        )
    }

    /// Whether it strikes when the action was carried out already.
    pub const fn is_after(self) -> bool {
        self.carries_out()
            && !matches!(
                self,
                Self::Latency(_) | Self::Instead(_, Moment::Late(_)) | Self::Storm
            )
    }
}

impl GatewayPage {
    /// What nginx says to too many calls.
    pub const TOO_MANY: Self = Self {
        sender: Sender::Nginx,
        status: 503,
        retry_after: None,
    };
}
