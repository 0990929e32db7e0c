//! What clients asked: tickets in two departments, most of them answered, the old ones closed.
//!
//! A ticket is a talk of up to five messages, by turns the client's and the staff's, and stands
//! as its last message leaves it.

use jiff::ToSpan as _;
use jiff::civil::DateTime;
use rusqlite::params;

use super::host::Host;
use super::person::Client;

/// The administrator of `seed.sql`, who answers.
const STAFF: &str = "Ada Admin";

const SUPPORT: i64 = 1;
/// Added to the department every sandbox has.
const BILLING: i64 = 2;

/// Days after which a ticket is closed.
const STALE: i64 = 14;

/// What a ticket is about, and the messages of its talk.
struct Topic {
    department: i64,
    priority: &'static str,
    /// Whether it is about a service of the client.
    names_service: bool,
    subject: &'static str,
    talk: [&'static str; 5],
}

const TOPICS: &[Topic] = &[
    Topic {
        department: SUPPORT,
        priority: "High",
        names_service: true,
        subject: "Website is down",
        talk: [
            "Our site has shown an error page since this morning. Could you have a look?",
            "A full log had stopped the web server. We have made room; does it work again?",
            "Yes, it does. How do we keep that from happening again?",
            "Logs are now cut every night, so there is nothing for you to do.",
            "Thank you!",
        ],
    },
    Topic {
        department: SUPPORT,
        priority: "Medium",
        names_service: true,
        subject: "Mail program asks for the password",
        talk: [
            "Since yesterday my mail program keeps asking for the password.",
            "Please use mail.example.com with port 993 and your whole address as the user name.",
            "It still asks on my phone.",
            "The phone had been locked out after too many tries. We have let it in again.",
            "Now it works, thanks.",
        ],
    },
    Topic {
        department: SUPPORT,
        priority: "Low",
        names_service: false,
        subject: "How do I move my site to you?",
        talk: [
            "My site is still with another host. What do you need to move it?",
            "A login for the old host is enough; we move files, mail and databases.",
            "How long will it be away?",
            "A few minutes, when the name servers are changed.",
            "Good. I will send you the login next week.",
        ],
    },
    Topic {
        department: SUPPORT,
        priority: "Medium",
        names_service: true,
        subject: "Newer PHP version",
        talk: [
            "Our shop wants a newer PHP version. Can you change it?",
            "You can do so yourself under Software. Shall we?",
            "Please do, we would rather not break it.",
            "Done, and your shop answers.",
            "Perfect.",
        ],
    },
    Topic {
        department: BILLING,
        priority: "Low",
        names_service: false,
        subject: "Copy of an invoice",
        talk: [
            "Our accountant lacks the last invoice. Could you send it again?",
            "We have sent it to the address on file.",
            "It has our old address on it. Can that be changed?",
            "Not on this one, but the next will have the new address.",
            "Fine with us.",
        ],
    },
    Topic {
        department: BILLING,
        priority: "Medium",
        names_service: false,
        subject: "Paid twice?",
        talk: [
            "I think I have paid the same invoice twice.",
            "You have. Shall we refund it, or keep it as credit?",
            "Please keep it as credit.",
            "It will be used for your next invoice.",
            "Thanks for the quick help.",
        ],
    },
];

/// Adds the department that only a generated host has.
pub(super) fn departments(host: &Host) -> rusqlite::Result<()> {
    host.connection.execute(
        "INSERT INTO departments (id, name, description, email, position) \
         VALUES (?1, 'Billing', 'Invoices and payments', 'billing@example.com', ?1)",
        [BILLING],
    )?;
    host.connection.execute(
        "UPDATE admins SET departments = ?1 WHERE id = 1",
        [format!("{SUPPORT},{BILLING}")],
    )?;
    Ok(())
}

/// Everything a client ever asked; `service` is its first, if it has one.
pub(super) fn history(
    host: &mut Host,
    client: &Client,
    service: Option<i64>,
) -> rusqlite::Result<()> {
    let count = match host.roll(0..10) {
        0..6 => 0,
        6..9 => 1,
        _ => 2,
    };
    for _ in 0..count {
        ticket(host, client, service)?;
    }
    Ok(())
}

fn ticket(host: &mut Host, client: &Client, service: Option<i64>) -> rusqlite::Result<()> {
    let topic = host.pick(TOPICS);
    let moments = moments(host, client);
    let status = status(host, client, &moments);
    let opened = &moments[0];
    let (number, code) = (number(host), code(host));
    let about = service.filter(|_| topic.names_service);
    let is_flagged = status != "Closed" && host.one_in(15);
    let id = host.insert(
        "INSERT INTO tickets (tid, c, deptid, client_id, requestor_id, date, subject, message, status, priority, \
         lastreply, flag, service) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        params![
            number,
            code,
            topic.department,
            client.id,
            client.user_id,
            written(*opened),
            topic.subject,
            topic.talk[0],
            status,
            topic.priority,
            written(moments[moments.len() - 1]),
            i64::from(is_flagged),
            about.map(|service| format!("S{service}")).unwrap_or_default(),
        ],
    )?;
    for (turn, moment) in moments.iter().enumerate().skip(1) {
        let (author, user, staff) = if is_staffs(turn) {
            (0, 0, STAFF)
        } else {
            (client.id, client.user_id, "")
        };
        host.insert(
            "INSERT INTO ticket_replies (ticket_id, userid, requestor_id, date, message, admin) \
             VALUES (?, ?, ?, ?, ?, ?)",
            params![id, author, user, written(*moment), topic.talk[turn], staff],
        )?;
    }
    Ok(())
}

/// Whether the message of that place in a talk is the staff's.
const fn is_staffs(turn: usize) -> bool {
    turn % 2 == 1
}

/// When each message was written: after the client signed up, and before today.
fn moments(host: &mut Host, client: &Client) -> Vec<DateTime> {
    // One in four is of these days, so that there is work left.
    let days = if host.one_in(4) { 10 } else { 700 };
    let day = (host.today - host.roll(1..=days).days()).max(client.since);
    let mut moment = day.at(10, 0, 0, 0) + host.roll(0..480).minutes();
    let mut moments = vec![moment];
    for _ in 0..host.roll(0..=4) {
        moment += host.roll(20..3_000).minutes();
        if moment.date() >= host.today {
            break;
        }
        moments.push(moment);
    }
    moments
}

/// How a ticket stands after its last message.
fn status(host: &mut Host, client: &Client, moments: &[DateTime]) -> &'static str {
    let last = moments.len() - 1;
    let is_stale = moments[last].date() + STALE.days() < host.today;
    if !client.is_active || (is_stale && !host.one_in(40)) {
        return "Closed";
    }
    match last {
        _ if is_stale => "On Hold",
        0 => "Open",
        turn if !is_staffs(turn) => "Customer-Reply",
        _ if host.one_in(5) => "In Progress",
        _ => "Answered",
    }
}

/// A number as customers see it, such as `ABC-123456`; no ticket has that of another.
fn number(host: &mut Host) -> String {
    const DIGITS: i64 = 1_000_000;
    const ALL: i64 = 26 * 26 * 26 * DIGITS;
    // A factor prime to their number scatters the numbers and repeats none.
    const SCATTER: i64 = 6_180_339_887 % ALL;
    host.tickets += 1;
    let number = host.tickets.wrapping_mul(SCATTER).rem_euclid(ALL);
    let letters = number / DIGITS;
    let letter = |place: i64| {
        let nth = u8::try_from(letters / place % 26).unwrap_or_default();
        char::from(b'A' + nth)
    };
    let (first, second, third) = (letter(676), letter(26), letter(1));
    format!("{first}{second}{third}-{:06}", number % DIGITS)
}

/// The code that opens the ticket in the client area.
fn code(host: &mut Host) -> String {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    (0..8).map(|_| char::from(*host.pick(alphabet))).collect()
}

/// A moment as the tables have it.
fn written(moment: DateTime) -> String {
    moment.strftime("%Y-%m-%d %H:%M:%S").to_string()
}
