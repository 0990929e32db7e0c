//! Predefined replies and their categories; the API cannot change them.

use crate::sandbox::call::Call;
use crate::sandbox::list::Listing;
use crate::sandbox::refusal::Refusal;
use crate::sandbox::reply::{Answer, wrapped};

/// The categories by name, with how many replies each has.
pub fn get_categories(call: &Call) -> Result<Answer, Refusal> {
    let mut listing = Listing::new(
        "id AS \"id:text\", parentid AS \"parentid:text\", name, \
         (SELECT COUNT(*) FROM predefined_replies r WHERE r.catid = c.id) AS \"replycount:text\"",
        "predefined_categories c",
    );
    listing.order("name, id");
    let categories = listing.all(call)?;
    Ok(Answer::success()
        .with("totalresults", categories.len().to_string())
        .with("categories", wrapped("category", categories)))
}

/// The replies by name, of one category or of all.
pub fn get_replies(call: &Call) -> Result<Answer, Refusal> {
    let mut listing = Listing::new("name, reply", "predefined_replies");
    if let Some(category) = call.given_int("catid") {
        listing.only("catid = ?", category);
    }
    listing.order("name, id");
    let replies = listing.all(call)?;
    Ok(Answer::success()
        .with("totalresults", replies.len().to_string())
        .with("predefinedreplies", wrapped("predefinedreply", replies)))
}
