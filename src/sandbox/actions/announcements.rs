//! Announcements: adding, changing, listing and deleting them.

use jiff::civil::DateTime;

use super::Handler;
use crate::sandbox::call::Call;
use crate::sandbox::changes::Changes;
use crate::sandbox::list::Listing;
use crate::sandbox::refusal::Refusal;
use crate::sandbox::reply::{Answer, wrapped};

/// The actions of this file.
pub const ACTIONS: &[(&str, Handler)] = &[
    ("AddAnnouncement", add_announcement),
    ("DeleteAnnouncement", delete_announcement),
    ("GetAnnouncements", get_announcements),
    ("UpdateAnnouncement", update_announcement),
];

const NOT_FOUND: &str = "Announcement ID Not Found";

/// Adds an announcement, hidden unless `published`.
fn add_announcement(call: &Call) -> Result<Answer, Refusal> {
    let date = kept(call.required("date", "Date is required")?);
    let title = call.required("title", "Title is required")?;
    let text = call.required("announcement", "Announcement is required")?;
    let moment = call.moment();
    let id = call.db.insert(
        "announcements",
        &[
            ("date", &date),
            ("title", &title),
            ("announcement", &text),
            ("published", &call.flag("published")),
            ("created_at", &moment),
            ("updated_at", &moment),
        ],
    )?;
    call.log(0, &format!("Added New Announcement ({title})"))?;
    Ok(Answer::success().with("announcementid", id.to_string()))
}

/// A date as it is kept: a day alone begins at midnight, and what is none is `MySQL`'s moment of zeros.
fn kept(date: &str) -> String {
    date.parse::<DateTime>().map_or_else(
        |_| "0000-00-00 00:00:00".to_owned(),
        |moment| moment.strftime("%Y-%m-%d %H:%M:%S").to_string(),
    )
}

/// Changes what is sent and not empty.
fn update_announcement(call: &Call) -> Result<Answer, Refusal> {
    let id = call.existing("announcementid", "announcements", NOT_FOUND)?;
    let mut changes = Changes::default();
    for name in ["title", "announcement"] {
        if let Some(text) = call.given(name) {
            changes.set(name, text.to_owned());
        }
    }
    if let Some(date) = call.given("date") {
        changes.set("date", kept(date));
    }
    changes.flags(call, &["published"]);
    changes.set("updated_at", call.moment());
    changes.apply(call, "announcements", id)?;
    call.log(0, &format!("Modified Announcement (ID: {id})"))?;
    Ok(Answer::success().with("announcementid", id.to_string()))
}

/// Deletes an announcement.
fn delete_announcement(call: &Call) -> Result<Answer, Refusal> {
    let id = call.existing("announcementid", "announcements", NOT_FOUND)?;
    call.db
        .run("DELETE FROM announcements WHERE id = ?1", [id])?;
    call.log(0, &format!("Deleted Announcement (ID: {id})"))?;
    Ok(Answer::success().with("announcementid", id.to_string()))
}

/// A page of announcements, newest first, hidden ones included.
fn get_announcements(call: &Call) -> Result<Answer, Refusal> {
    let mut listing = Listing::new(
        "id AS \"id:text\", date, title, announcement, published AS \"published:text\", \
         parentid AS \"parentid:text\", language, created_at, updated_at",
        "announcements",
    );
    listing.order("date DESC, id DESC");
    let page = listing.page(call)?;
    Ok(page
        .counted_in_text()
        .with("announcements", wrapped("announcement", page.records)))
}

#[cfg(test)]
mod tests {
    use crate::sandbox::testing::{answer, column, is_complete, json, refuses, store};

    #[test]
    fn announcements_are_added_listed_newest_first_and_paged() {
        let store = store();
        let added = answer(
            &store,
            "AddAnnouncement",
            "date=2026-01-02+03:04:05&title=Old&announcement=x",
        );
        assert_eq!(added.text("announcementid"), "1");
        answer(
            &store,
            "AddAnnouncement",
            "date=2026-02-02+03:04:05&title=New&announcement=y&published=1",
        );
        let list = answer(&store, "GetAnnouncements", "");
        is_complete("GetAnnouncements", &list);
        let titles = |list| column(list, "announcements.announcement", "title");
        assert_eq!(titles(&list), ["New", "Old"]);
        assert_eq!(
            column(&list, "announcements.announcement", "published"),
            ["1", "0"]
        );
        let second = answer(&store, "GetAnnouncements", "limitstart=1&limitnum=1");
        assert_eq!(titles(&second), ["Old"]);
        assert_eq!(
            [second.text("totalresults"), second.text("numreturned")],
            ["2", "1"]
        );
    }

    #[test]
    fn only_what_is_sent_changes_and_what_is_deleted_is_gone() {
        let store = store();
        answer(
            &store,
            "AddAnnouncement",
            "date=2026-01-02+03:04:05&title=Old&announcement=x",
        );
        assert_eq!(
            json(
                &store,
                "UpdateAnnouncement",
                "announcementid=1&title=New&published=1"
            ),
            r#"{"result":"success","announcementid":"1"}"#
        );
        let list = answer(&store, "GetAnnouncements", "");
        for (name, value) in [
            ("title", "New"),
            ("announcement", "x"),
            ("published", "1"),
            ("date", "2026-01-02 03:04:05"),
        ] {
            assert_eq!(
                column(&list, "announcements.announcement", name),
                [value],
                "{name}"
            );
        }
        answer(&store, "DeleteAnnouncement", "announcementid=1");
        let list = answer(&store, "GetAnnouncements", "");
        assert_eq!(list.text("totalresults"), "0");
        let gone = [("announcementid=1&title=x", "Announcement ID Not Found")];
        refuses(&store, "UpdateAnnouncement", &gone);
        let again = answer(&store, "DeleteAnnouncement", "announcementid=1");
        assert_eq!(again.text("message"), "Announcement ID Not Found");
    }

    #[test]
    fn a_date_is_kept_as_a_moment() {
        let store = store();
        answer(
            &store,
            "AddAnnouncement",
            "date=2026-01-02&title=x&announcement=x",
        );
        let date = || {
            let list = answer(&store, "GetAnnouncements", "");
            column(&list, "announcements.announcement", "date")
        };
        assert_eq!(date(), ["2026-01-02 00:00:00"]);
        let change = "announcementid=1&date=soon";
        answer(&store, "UpdateAnnouncement", change);
        assert_eq!(date(), ["0000-00-00 00:00:00"]);
    }

    #[test]
    fn an_announcement_needs_a_date_a_title_and_a_text() {
        let store = store();
        for (query, message) in [
            ("", "Date is required"),
            ("date=2026-01-02+03:04:05", "Title is required"),
            (
                "date=2026-01-02+03:04:05&title=x",
                "Announcement is required",
            ),
        ] {
            let reply = answer(&store, "AddAnnouncement", query);
            assert_eq!(reply.text("message"), message);
        }
    }
}
