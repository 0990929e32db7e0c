//! The Tickets group, and what the Support group does to tickets.

mod attachments;
mod block;
mod counts;
mod delete;
mod list;
mod merge;
mod notes;
mod open;
mod predefined;
mod read;
mod reply;
mod ticket;
mod update;

pub use counts::{ByStatus, Scope};

use super::Handler;

/// The actions of this folder.
pub const ACTIONS: &[(&str, Handler)] = &[
    ("AddTicketNote", notes::add_ticket_note),
    ("AddTicketReply", reply::add_ticket_reply),
    ("BlockTicketSender", block::block_ticket_sender),
    ("DeleteTicket", delete::delete_ticket),
    ("DeleteTicketNote", delete::delete_ticket_note),
    ("DeleteTicketReply", delete::delete_ticket_reply),
    ("GetSupportDepartments", counts::get_support_departments),
    ("GetSupportStatuses", counts::get_support_statuses),
    ("GetTicket", read::get_ticket),
    ("GetTicketAttachment", attachments::get_ticket_attachment),
    ("GetTicketCounts", counts::get_ticket_counts),
    ("GetTicketNotes", notes::get_ticket_notes),
    ("GetTicketPredefinedCats", predefined::get_categories),
    ("GetTicketPredefinedReplies", predefined::get_replies),
    ("GetTickets", list::get_tickets),
    ("MergeTicket", merge::merge_ticket),
    ("OpenTicket", open::open_ticket),
    ("UpdateTicket", update::update_ticket),
    ("UpdateTicketReply", update::update_ticket_reply),
];

#[cfg(test)]
mod tests;
