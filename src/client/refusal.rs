//! What WHMCS means by `result=error`: the action's own refusal, or one of the
//! credentials, of the address, of the role.
//!
//! The class is told by the words alone: they come with status 403 or 200, as
//! JSON or as text. A wrong guess towards "credentials" stops a run that could
//! go on; one in the other direction gets the address banned.

use std::net::{IpAddr, Ipv6Addr};

use super::exchange::Exchange;
use super::words::Said;
use super::{ActionRef, CallError, CallErrorKind};
use crate::catalog::Risk;

/// The error for WHMCS's words.
pub(super) fn refusal(exchange: &Exchange, status: u16, said: &Said) -> CallError {
    let server = &exchange.server.name;
    let action = exchange.action.name();
    let kind = classify(exchange.action, status, &said.first);
    let words = &*said.whole;
    if kind == CallErrorKind::Api
        && let Some(kind) = relayed(exchange.action, words)
    {
        let message = format!(
            "a module or a registrar may not have completed `{action}`: WHMCS said \"{words}\""
        );
        return exchange.lost(kind, message, "").status(status);
    }
    let refused = format!(
        "`{server}` was refused by {}: WHMCS said \"{words}\"",
        exchange.host
    );
    let error = match kind {
        CallErrorKind::Ip => exchange
            .refused(kind, refused)
            .hint(address_hint(exchange, words)),
        CallErrorKind::Auth => exchange
            .refused(kind, refused)
            .hint(credentials_hint(exchange, words)),
        CallErrorKind::Permission => exchange
            .refused(
                kind,
                format!("`{server}` may not call `{action}`: WHMCS said \"{words}\""),
            )
            .hint(permission_hint(exchange.action)),
        _ => {
            let error = exchange.refused(kind, words);
            match own_hint(exchange.action, words) {
                Some(hint) => error.hint(hint),
                None => error,
            }
        }
    };
    error.status(status)
}

fn classify(action: &ActionRef, status: u16, words: &str) -> CallErrorKind {
    const REFUSALS: &[&str] = &[
        "access denied",
        "administrator account disabled",
        "authentication failed",
        "invalid or missing credentials",
    ];
    let words = words.trim_end_matches('.').to_ascii_lowercase();
    if words.starts_with("invalid ip") || words.starts_with("forbidden ip") {
        return CallErrorKind::Ip;
    }
    if words.starts_with("invalid permissions") {
        return CallErrorKind::Permission;
    }
    // With status 200 a server module may be quoting what its own API told it.
    let may_be_a_module = status == 200
        && matches!(action, ActionRef::Known(action) if action.has_risk(Risk::Provision));
    if REFUSALS.contains(&words.as_str()) && !may_be_a_module {
        return CallErrorKind::Auth;
    }
    CallErrorKind::Api
}

/// How a call of a module may have failed on the way, if that is what WHMCS's words are
/// about: what stands behind WHMCS may have carried it out. Words of the reference are
/// WHMCS's own.
fn relayed(action: &ActionRef, words: &str) -> Option<CallErrorKind> {
    let ActionRef::Known(action) = action else {
        return None;
    };
    let goes_on = action.has_risk(Risk::Provision) || action.name == "CapturePayment";
    if !goes_on || !action.is_write() {
        return None;
    }
    let plain = |words: &str| words.trim().trim_end_matches('.').to_lowercase();
    let words = plain(words);
    if action.errors.iter().any(|known| plain(known) == words) {
        return None;
    }
    let says = |phrases: &[&str]| phrases.iter().any(|phrase| words.contains(phrase));
    if says(TIME) {
        return Some(CallErrorKind::Timeout);
    }
    let is_connection = words.contains("connection") && says(BROKEN);
    let is_lost = is_connection || says(CONNECTION) || has_server_error(&words);
    is_lost.then_some(CallErrorKind::Connection)
}

/// Whether words name an HTTP status by which a server says that it broke, such as "HTTP 500".
fn has_server_error(words: &str) -> bool {
    let is_http = words.contains("http") || words.contains("status");
    let mut numbers = words.split(|letter: char| !letter.is_ascii_digit());
    is_http && numbers.any(|number| number.len() == 3 && number.starts_with('5'))
}

/// Words about time.
const TIME: &[&str] = &[
    "timed out",
    "timed-out",
    "timeout",
    "time-out",
    "time out",
    "curl error 28",
    "curl error: 28",
    "gateway time",
    "deadline exceeded",
    "time limit",
    "etimedout",
    "too long",
    "zeitüberschreitung",
    "zeitlimit",
    "délai",
    "tiempo de espera",
    "tempo limite",
    "tempo de espera",
    "tempo scaduto",
    "tijdslimiet",
    "превышено время",
];

/// What a connection does that does not hold.
const BROKEN: &[&str] = &[
    "abort",
    "broke",
    "closed",
    "could not",
    "dropped",
    "error",
    "fail",
    "interrupted",
    "lost",
    "refused",
    "reset",
    "terminated",
    "unexpected",
];

/// Words about a connection, or about an answer that did not come. A gateway alone may be
/// one for payments, and SSL a product.
const CONNECTION: &[&str] = &[
    "curl error",
    "curl:",
    "could not connect",
    "couldn't connect",
    "cannot connect",
    "can't connect",
    "unable to connect",
    "failed to connect",
    "could not resolve",
    "couldn't resolve",
    "error fetching http headers",
    "bad gateway",
    "service unavailable",
    "temporarily unavailable",
    "internal server error",
    "no response",
    "empty response",
    "empty reply",
    "invalid response",
    "did not respond",
    "not responding",
    "no reply",
    "broken pipe",
    "unreachable",
    "no route to host",
    "network error",
    "socket error",
    "unexpected end of",
    "ssl_",
    "ssl connect",
    "ssl error",
    "ssl handshake",
    "ssl routines",
    "tls handshake",
    "handshake fail",
    "econn",
    "ehostunreach",
    "enetunreach",
    "epipe",
    "eai_again",
    "communicat",
    "to reach",
    "not reach",
    "remote end",
    "remote host",
    "closed by",
    "read error",
    "write error",
    "aborted",
    "recv failure",
    "send failure",
    "stream_socket_client",
    "fsockopen",
    "failed to open stream",
    "host is down",
    "network is down",
    "temporary failure",
    "try again later",
    "try later",
    "verbindung",
    "connexion",
    "conexión",
    "conexão",
    "connessione",
    "verbinding",
    "соединени",
];

fn address_hint(exchange: &Exchange, words: &str) -> String {
    let address = words.split_whitespace().find_map(|word| {
        word.trim_end_matches(['.', ',', ';'])
            .parse::<IpAddr>()
            .ok()
    });
    let seen = address.map_or("this machine's address".into(), |address| {
        address.to_string()
    });
    let mut cures = vec![format!("allow {seen} under API IP Access Restriction")];
    let is_ipv6 = matches!(address, Some(IpAddr::V6(address)) if address != Ipv6Addr::LOCALHOST);
    if is_ipv6 && exchange.server.ip_version.is_none() {
        cures.push("use IPv4 with `--ipv4`".into());
    }
    cures.push(if exchange.server.access_key.is_some() {
        "correct `access_key` in the profile: the server did not accept it".into()
    } else {
        "set `access_key` in the profile".into()
    });
    cures.join(", or ")
}

/// WHMCS says the same of an action that the role lacks and of one that does not exist.
fn permission_hint(action: &ActionRef) -> String {
    const ROLE: &str =
        "the role of these credentials: System Settings > Manage API Credentials > API Roles";
    let name = action.name();
    match action {
        ActionRef::Known(_) => format!(
            "tick {name} in {ROLE}; if it is not listed, this WHMCS is too old for the action and \
             says the same"
        ),
        ActionRef::Other { .. } => format!(
            "check that the server has {name}: WHMCS says the same of an action that is misspelt \
             or not installed; if the server has it, tick it in {ROLE}"
        ),
    }
}

fn credentials_hint(exchange: &Exchange, words: &str) -> String {
    let words = words.to_ascii_lowercase();
    if words.contains("disabled") {
        return "enable the administrator these credentials belong to, or use those of another \
            administrator"
            .into();
    }
    if words.contains("access denied") {
        return "check the credentials, and that their administrator's role has API Access".into();
    }
    if exchange.server.credentials.is_digest() {
        return "set the administrator's password itself, not its MD5 digest of 32 hexadecimal \
            digits: whmcsh computes the digest"
            .into();
    }
    format!(
        "check the credentials of the profile `{}`; more attempts would get this address banned",
        exchange.server.name
    )
}

/// Whether such words may be a module's.
fn is_relayed(action: &ActionRef) -> bool {
    matches!(action, ActionRef::Known(action) if action.has_risk(Risk::Provision))
}

/// What to do about an action's own refusal, where it does not say itself.
fn own_hint(action: &ActionRef, words: &str) -> Option<String> {
    let words = words.to_ascii_lowercase();
    if words.contains("admin user is required") {
        return Some(
            "these credentials belong to no active administrator: create new ones for an active \
             administrator (Manage API Credentials)"
                .into(),
        );
    }
    let is_unknown = [
        "command not found",
        "api function not found",
        "function not found",
    ];
    if is_unknown.iter().any(|known| words.starts_with(known)) && !is_relayed(action) {
        let since = match action {
            ActionRef::Known(action) => action.since,
            ActionRef::Other { .. } => None,
        };
        return Some(since.map_or_else(
            || "check the action's name: this WHMCS does not have it".into(),
            |version| format!("this WHMCS is older than {version}, which added the action"),
        ));
    }
    let takes_owner =
        matches!(action, ActionRef::Known(action) if action.param("owner_user_id").is_some());
    (takes_owner && words.starts_with("a user already exists")).then(|| {
        "make that user the owner: set `owner_user_id` to the id that GetUsers finds".into()
    })
}

#[cfg(test)]
mod tests {
    use super::{Said, refusal};
    use crate::catalog::action;
    use crate::client::exchange::Exchange;
    use crate::client::{ActionRef, CallError, CallErrorKind, Credentials, Delivery, Server};

    fn server() -> Server {
        let credentials = Credentials::Api {
            identifier: "me".into(),
            secret: "hunter2".into(),
        };
        Server::new("production", "https://billing.example.com", credentials)
    }

    fn just(words: &str) -> Said {
        let said = serde_json::json!({ "message": words });
        Said::read(said.as_object().unwrap())
    }

    fn refused_by(server: &Server, name: &str, status: u16, words: &str) -> CallError {
        let action = ActionRef::Known(action(name).expect("an action of the catalog"));
        let exchange = Exchange {
            action: &action,
            server,
            host: "billing.example.com",
        };
        let error = refusal(&exchange, status, &just(words));
        assert_eq!(error.delivery, Delivery::Refused);
        assert_eq!(error.http, Some(status));
        error
    }

    fn refused(name: &str, status: u16, words: &str) -> CallError {
        refused_by(&server(), name, status, words)
    }

    #[test]
    fn a_refused_address_is_named_with_its_cure() {
        let error = refused("GetClients", 403, "Invalid IP 203.0.113.9");
        assert_eq!(error.kind, CallErrorKind::Ip);
        assert_eq!(
            error.message,
            "`production` was refused by billing.example.com: WHMCS said \"Invalid IP 203.0.113.9\""
        );
        assert_eq!(
            error.hint.as_deref(),
            Some(
                "allow 203.0.113.9 under API IP Access Restriction, or set `access_key` in the profile"
            )
        );
        assert_eq!(
            refused("GetClients", 200, "Forbidden IP 127.65.4.46").kind,
            CallErrorKind::Ip
        );
    }

    #[test]
    fn a_refused_ipv6_address_may_go_by_ipv4() {
        let error = refused("GetClients", 403, "Invalid IP 2001:db8::7");
        assert_eq!(
            error.hint.as_deref(),
            Some(
                "allow 2001:db8::7 under API IP Access Restriction, or use IPv4 with `--ipv4`, or \
                 set `access_key` in the profile"
            )
        );
    }

    #[test]
    fn an_access_key_that_did_not_help_is_said_to_be_wrong() {
        let mut server = server();
        server.access_key = Some("key".into());
        let error = refused_by(&server, "GetClients", 403, "Invalid IP");
        assert_eq!(
            error.hint.as_deref(),
            Some(
                "allow this machine's address under API IP Access Restriction, or correct \
                 `access_key` in the profile: the server did not accept it"
            )
        );
    }

    #[test]
    fn an_action_missing_from_the_role_is_named() {
        let words = "Invalid Permissions: API action \"addclient\" is not allowed";
        let error = refused("AddClient", 403, words);
        assert_eq!(error.kind, CallErrorKind::Permission);
        assert_eq!(
            error.message,
            format!("`production` may not call `AddClient`: WHMCS said \"{words}\"")
        );
        let hint = error.hint.unwrap();
        assert!(hint.starts_with("tick AddClient in the role"), "{hint}");
        assert!(hint.contains("too old for the action"), "{hint}");
    }

    #[test]
    fn refused_credentials_stop_the_run_whatever_the_status() {
        for words in [
            "Authentication Failed",
            "Invalid or missing credentials",
            "Administrator Account Disabled",
            "Access Denied",
            "authentication failed.",
        ] {
            for status in [200, 403] {
                let error = refused("GetClients", status, words);
                assert_eq!(error.kind, CallErrorKind::Auth, "{words}");
                assert!(error.kind.stops_the_run());
                assert!(error.hint.is_some());
            }
        }
    }

    #[test]
    fn a_digest_for_a_password_is_told() {
        let mut server = server();
        server.credentials = Credentials::Admin {
            username: "admin".into(),
            password: "0b4e7a0e5fe84ad35fb5f95b9ceeac79".into(),
        };
        let error = refused_by(&server, "GetClients", 403, "Authentication Failed");
        let hint = error.hint.unwrap();
        assert!(
            hint.contains("the administrator's password itself"),
            "{hint}"
        );
    }

    #[test]
    fn an_old_server_says_which_version_has_the_action() {
        for words in ["Command Not Found", "API Function Not Found"] {
            let hint = refused("CreateSsoToken", 200, words).hint.unwrap();
            assert!(hint.contains("older than"), "{words}: {hint}");
        }
        let hint = refused("GetClients", 200, "An admin user is required")
            .hint
            .unwrap();
        assert!(hint.contains("Manage API Credentials"), "{hint}");
    }

    #[test]
    fn a_module_that_quotes_its_own_server_does_not_stop_the_run() {
        let words = "Authentication Failed";
        assert_eq!(refused("ModuleCreate", 200, words).kind, CallErrorKind::Api);
        assert_eq!(
            refused("ModuleCreate", 403, words).kind,
            CallErrorKind::Auth
        );
    }

    fn said(name: &str, words: &str) -> CallError {
        let server = server();
        let action = ActionRef::Known(action(name).expect("an action of the catalog"));
        let exchange = Exchange {
            action: &action,
            server: &server,
            host: "billing.example.com",
        };
        refusal(&exchange, 200, &just(words))
    }

    #[test]
    fn a_module_that_lost_its_own_server_leaves_a_doubt() {
        for name in [
            "DomainRenew",
            "DomainRegister",
            "ModuleCreate",
            "CapturePayment",
        ] {
            for (words, kind) in [
                (
                    "cURL error 28: Operation timed out after 30001 milliseconds",
                    CallErrorKind::Timeout,
                ),
                ("Registrar Error: Request Timeout", CallErrorKind::Timeout),
                ("504 Gateway Time-out", CallErrorKind::Timeout),
                (
                    "cURL error 7: Failed to connect to api.example.com port 443",
                    CallErrorKind::Connection,
                ),
                (
                    "CURL Error: 35 - error:0A000126:SSL routines::unexpected eof while reading",
                    CallErrorKind::Connection,
                ),
                (
                    "cURL error 52: Empty reply from server",
                    CallErrorKind::Connection,
                ),
                (
                    "cURL error 56: Recv failure: Connection reset by peer",
                    CallErrorKind::Connection,
                ),
                ("Connection refused", CallErrorKind::Connection),
                (
                    "The connection was closed unexpectedly",
                    CallErrorKind::Connection,
                ),
                (
                    "Could not connect to the registry",
                    CallErrorKind::Connection,
                ),
                ("502 Bad Gateway", CallErrorKind::Connection),
                ("No response from the registrar", CallErrorKind::Connection),
                ("Error: ETIMEDOUT", CallErrorKind::Timeout),
                (
                    "The registry took too long to respond",
                    CallErrorKind::Timeout,
                ),
                ("Zeitüberschreitung", CallErrorKind::Timeout),
                ("Délai d'attente dépassé", CallErrorKind::Timeout),
                ("read ECONNRESET", CallErrorKind::Connection),
                (
                    "Failed to communicate with the registry",
                    CallErrorKind::Connection,
                ),
                ("Unable to reach server", CallErrorKind::Connection),
                (
                    "Remote end closed without response",
                    CallErrorKind::Connection,
                ),
                ("Read error", CallErrorKind::Connection),
                ("The operation was aborted", CallErrorKind::Connection),
                ("HTTP 500 received from server", CallErrorKind::Connection),
                ("Status code: 503", CallErrorKind::Connection),
                (
                    "stream_socket_client(): unable to connect to ssl://api",
                    CallErrorKind::Connection,
                ),
                ("Host is down", CallErrorKind::Connection),
                ("Please try again later", CallErrorKind::Connection),
            ] {
                let error = said(name, words);
                assert_eq!(error.delivery, Delivery::InDoubt, "{name}: {words}");
                assert_eq!(error.kind, kind, "{name}: {words}");
                assert!(error.message.contains(words), "{error}");
            }
        }
    }

    #[test]
    fn the_reason_beside_a_documented_message_is_read_and_shown() {
        let server = server();
        let action = ActionRef::Known(action("DomainRenew").unwrap());
        let exchange = Exchange {
            action: &action,
            server: &server,
            host: "billing.example.com",
        };
        let reason = "cURL error 28: Operation timed out";
        for field in ["error", "errormessage", "errors", "description", "rawlog"] {
            let said = serde_json::json!({ "message": "Registrar Error Message", field: [reason] });
            let error = refusal(&exchange, 200, &Said::read(said.as_object().unwrap()));
            assert_eq!(error.delivery, Delivery::InDoubt, "{field}");
            assert!(error.message.contains(reason), "{error}");
        }
        // The documented words alone are WHMCS's own.
        let error = said("DomainRenew", "Registrar Error Message");
        assert_eq!(error.delivery, Delivery::Refused);
        // And what refuses for the credentials does whatever stands beside it.
        let said = serde_json::json!({ "message": "Authentication Failed", "error": reason });
        let error = refusal(&exchange, 403, &Said::read(said.as_object().unwrap()));
        assert_eq!(error.kind, CallErrorKind::Auth);
    }

    #[test]
    fn a_module_that_says_no_refuses() {
        for (name, words) in [
            ("DomainRenew", "Domain Not Found"),
            ("DomainRenew", "Insufficient funds in the reseller account"),
            (
                "DomainRenew",
                "The domain cannot be renewed before its time",
            ),
            ("DomainRegister", "Domain name is not available"),
            ("ModuleCreate", "SSL certificate product is not configured"),
            (
                "ModuleCreate",
                "The server has no free IP for a dedicated connection",
            ),
            ("CapturePayment", "Payment Attempt Failed"),
            ("CapturePayment", "The payment gateway declined the card"),
            ("CapturePayment", "Gateway module is not active"),
            // Others speak of their own time.
            ("AddClient", "Session timed out"),
            ("CloseClient", "Connection reset by peer"),
        ] {
            let error = said(name, words);
            assert_eq!(error.delivery, Delivery::Refused, "{name}: {words}");
            assert_eq!(error.kind, CallErrorKind::Api, "{name}: {words}");
            assert_eq!(error.message, words);
        }
    }

    #[test]
    fn an_actions_own_refusal_is_whmcs_words_and_nothing_else() {
        let error = refused("CloseClient", 200, "Client ID Not Found");
        assert_eq!(error.kind, CallErrorKind::Api);
        assert_eq!(
            (error.message.as_str(), error.hint),
            ("Client ID Not Found", None)
        );
    }

    #[test]
    fn an_action_the_server_lacks_is_explained_by_its_version() {
        let error = refused("GetUsers", 200, "Command Not Found");
        assert_eq!(
            error.hint.as_deref(),
            Some("this WHMCS is older than 8.1, which added the action")
        );
    }

    #[test]
    fn an_orphan_user_can_own_the_new_client() {
        let words = "A user already exists with that email address";
        assert!(
            refused("AddClient", 200, words)
                .hint
                .unwrap()
                .contains("owner_user_id")
        );
        assert_eq!(refused("AddUser", 200, words).hint, None);
    }
}
