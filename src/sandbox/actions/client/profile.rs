//! What a client's own fields must be.
//!
//! `AddClient` asks for all of them, `UpdateClient` only looks at those it is sent.

use crate::sandbox::call::Call;
use crate::sandbox::checks::{is_email, is_phone};
use crate::sandbox::countries;
use crate::sandbox::refusal::{Refusal, refuse};

const INVALID_EMAIL: &str = "The email address you entered was not valid";
const INVALID_PHONE: &str = "Invalid telephone phone number";

/// A field no client does without, and what WHMCS says when it is missing.
type Required = (&'static str, &'static str);

const EMAIL: Required = ("email", "You did not enter your email address");

/// In the order WHMCS checks them.
const REQUIRED: &[Required] = &[
    ("firstname", "You did not enter your first name"),
    ("lastname", "You did not enter your last name"),
    EMAIL,
    // The doubled space is WHMCS's own.
    ("address1", "You did not enter your  address line 1"),
    ("city", "You did not enter your city"),
    ("state", "You did not enter your state"),
    ("postcode", "You did not enter your postcode"),
    ("country", "Valid country required"),
    ("phonenumber", "You did not enter your phone number"),
];

/// Refuses unless every required field is there and stands.
pub fn check_whole(call: &Call) -> Result<(), Refusal> {
    REQUIRED.iter().try_for_each(|field| check(call, *field))
}

/// Refuses a required field that was sent and does not stand; not the e-mail address.
pub fn check_sent(call: &Call) -> Result<(), Refusal> {
    REQUIRED
        .iter()
        .filter(|field| **field != EMAIL && call.sent(field.0).is_some())
        .try_for_each(|field| check(call, *field))
}

/// Refuses unless there is an e-mail address.
pub fn check_email(call: &Call) -> Result<(), Refusal> {
    check(call, EMAIL)
}

fn check(call: &Call, (name, missing): Required) -> Result<(), Refusal> {
    let text = call.required(name, missing)?;
    match name {
        "email" if !is_email(text) => refuse(INVALID_EMAIL),
        "country" if countries::find(text).is_none() => refuse(missing),
        "phonenumber" if !is_phone(text) => refuse(INVALID_PHONE),
        _ => Ok(()),
    }
}
