//! What must be there before an example of an action works: a ticket before a reply to it.
//!
//! The demo data of a sandbox has clients, services and invoices. Whatever else an example
//! is about it makes itself, so that it runs as it stands.

use crate::catalog::{Action, Param};

/// Lines in front of an example, and what they give for a parameter.
pub(super) struct Before {
    /// The parameter, under its action's name or by itself.
    of: &'static str,
    /// The lines; examples have each of them once.
    pub lines: &'static [&'static str],
    /// The parameter's value.
    pub value: &'static str,
}

/// What must be there before that parameter of that action can be given.
pub(super) fn before(action: &Action, param: &Param) -> Option<&'static Before> {
    let of_the_action = format!("{}.{}", action.name, param.name);
    let known = |wanted: &str| BEFORE.iter().find(|before| before.of == wanted);
    known(&of_the_action).or_else(|| known(param.name))
}

const TICKET: &str = "let ticket = open_ticket(#{ deptid: 1, clientid: 1, subject: \"Mail\", message: \"It bounces.\" });";
const PROJECT: &str =
    "let project = create_project(#{ title: \"Move the shop\", adminid: 1, userid: 1 });";
const NEW_TASK: &str = "add_project_task(#{ projectid: project.projectid, duedate: today() + 14, task: \"Mailboxes\" });";
const TASK: &str = "let task = get_project(#{ projectid: project.projectid }).tasks.task[0];";
const INVITE: &str = "create_client_invite(#{ client_id: 1, email: \"jo@example.com\", permissions: \"invoices\" });";
const USER: &str = "let user = add_user(#{ firstname: \"Jo\", lastname: \"Berg\", email: \"jo@example.com\", password2: random_password(20) });";

const BEFORE: &[Before] = &[
    Before {
        of: "ApplyCredit.invoiceid",
        lines: &[
            "let invoice = create_invoice(#{ userid: 1, itemdescription: [\"Setup\"], itemamount: [\"12.00\"] });",
        ],
        value: "invoice.invoiceid",
    },
    Before {
        of: "BlockTicketSender.ticketid",
        lines: &[
            "let ticket = open_ticket(#{ deptid: 1, name: \"Spam\", email: \"spam@example.com\", subject: \"Offer\", message: \"Buy\" });",
        ],
        value: "ticket.id",
    },
    Before {
        of: "CapturePayment.invoiceid",
        lines: &[
            "add_pay_method(#{ clientid: 3, card_number: env(\"CARD_NUMBER\"), card_expiry: env(\"CARD_EXPIRY\") });",
        ],
        value: "2",
    },
    Before {
        of: "DeleteUserClient.user_id",
        lines: &[INVITE, USER],
        value: "user.user_id",
    },
    Before {
        of: "EndTaskTimer.timerid",
        lines: &[
            PROJECT,
            NEW_TASK,
            TASK,
            "start_task_timer(#{ timerid: task.id, projectid: project.projectid });",
        ],
        value: "task.id",
    },
    Before {
        of: "OrderFraudCheck.orderid",
        lines: &["activate_module(#{ moduleType: \"fraud\", moduleName: \"fraudlabs\" });"],
        value: "1",
    },
    Before {
        of: "UpdateClientAddon.id",
        lines: &[
            "let order = add_order(#{ clientid: 1, paymentmethod: \"banktransfer\", addonid: 1, serviceid: 1 });",
        ],
        value: "order.addonids",
    },
    Before {
        of: "UpdateUserPermissions.user_id",
        lines: &[INVITE, USER],
        value: "user.user_id",
    },
    Before {
        of: "ValidateLogin.password2",
        lines: &[
            "let password = random_password(20);",
            "add_user(#{ firstname: \"Jo\", lastname: \"Berg\", email: \"jo@example.com\", password2: password });",
        ],
        value: "password",
    },
    Before {
        of: "announcementid",
        lines: &[
            "let news = add_announcement(#{ date: now(), title: \"New servers\", announcement: \"<p>We move.</p>\" });",
        ],
        value: "news.announcementid",
    },
    Before {
        of: "credentialId",
        lines: &[
            "let credential = create_oauth_credential(#{ grantType: \"authorization_code\", scope: \"clientarea:sso\", name: \"App\" });",
        ],
        value: "credential.credentialId",
    },
    Before {
        of: "mergeticketids",
        lines: &[
            "let other = open_ticket(#{ deptid: 1, clientid: 1, subject: \"Mail\", message: \"It still does.\" });",
        ],
        value: "[other.id]",
    },
    Before {
        of: "noteid",
        lines: &[
            TICKET,
            "add_ticket_note(#{ ticketid: ticket.id, message: \"Seen\" });",
            "let note = get_ticket_notes(#{ ticketid: ticket.id }).notes.note[0];",
        ],
        value: "note.id",
    },
    Before {
        of: "paymethodid",
        lines: &[
            "let method = add_pay_method(#{ clientid: 1, type: \"BankAccount\", bank_code: env(\"BANK_CODE\"), bank_account: env(\"BANK_ACCOUNT\") });",
        ],
        value: "method.paymethodid",
    },
    Before {
        of: "projectid",
        lines: &[PROJECT],
        value: "project.projectid",
    },
    Before {
        of: "quoteid",
        lines: &[
            "let quote = create_quote(#{ subject: \"A server\", stage: \"Draft\", validuntil: \"23/12/2026\", userid: 1 });",
        ],
        value: "quote.quoteid",
    },
    Before {
        of: "relatedid",
        lines: &[
            "let ticket = open_ticket(#{ deptid: 1, clientid: 1, subject: \"Mail\", message: \"See the log.\",\n    attachments: [#{ name: \"log.txt\", data: \"SGVsbG8=\" }] });",
        ],
        value: "ticket.id",
    },
    Before {
        of: "replyid",
        lines: &[
            TICKET,
            "add_ticket_reply(#{ ticketid: ticket.id, clientid: 1, message: \"It still does.\" });",
            "let answer = get_ticket(#{ ticketid: ticket.id }).replies.reply[1];",
        ],
        value: "answer.replyid",
    },
    Before {
        of: "taskid",
        lines: &[PROJECT, NEW_TASK, TASK],
        value: "task.id",
    },
    Before {
        of: "ticketid",
        lines: &[TICKET],
        value: "ticket.id",
    },
    Before {
        of: "timerid",
        lines: &[PROJECT, NEW_TASK, TASK],
        value: "task.id",
    },
];
