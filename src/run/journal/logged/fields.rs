//! The body of a record in the log: fields, each with its number.
//!
//! A field is its number (one byte), the length of what follows (four bytes), and
//! that: text, bytes, or a whole number in eight bytes; all little-endian. What is
//! not there has no field, so a later version can add some; what it added is not
//! passed over here ([`Unreadable::Later`]).

/// The highest number a field can have here.
const MOST: usize = 24;

/// Why a body is not what this version writes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Unreadable {
    /// It has what only a later version writes.
    Later,
    /// It lacks what every version writes, or has it in another form.
    Odd,
}

/// A body that is being made.
pub struct Body(Vec<u8>);

impl Body {
    pub fn new() -> Self {
        Self(Vec::with_capacity(512))
    }

    pub fn bytes(mut self, field: u8, value: &[u8]) -> Self {
        // A record longer than this is refused by the log.
        let length = u32::try_from(value.len()).unwrap_or(u32::MAX);
        self.0.push(field);
        self.0.extend(length.to_le_bytes());
        self.0.extend(value);
        self
    }

    pub fn text(self, field: u8, value: &str) -> Self {
        self.bytes(field, value.as_bytes())
    }

    pub fn number(self, field: u8, value: i64) -> Self {
        self.bytes(field, &value.to_le_bytes())
    }

    pub fn maybe_text(self, field: u8, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.text(field, value),
            None => self,
        }
    }

    pub fn maybe_number(self, field: u8, value: Option<i64>) -> Self {
        match value {
            Some(value) => self.number(field, value),
            None => self,
        }
    }

    pub fn finish(self) -> Vec<u8> {
        self.0
    }
}

/// A body that is being read.
pub struct Fields<'b>([Option<&'b [u8]>; MOST]);

impl<'b> Fields<'b> {
    pub fn parse(body: &'b [u8]) -> Result<Self, Unreadable> {
        let mut fields = [None; MOST];
        let mut rest = body;
        while let Some((head, behind)) = rest.split_first_chunk::<5>() {
            let length = u32::from_le_bytes([head[1], head[2], head[3], head[4]]);
            let length = usize::try_from(length).map_err(|_| Unreadable::Odd)?;
            let (value, behind) = behind.split_at_checked(length).ok_or(Unreadable::Odd)?;
            let place = fields.get_mut(usize::from(head[0]));
            *place.ok_or(Unreadable::Later)? = Some(value);
            rest = behind;
        }
        if rest.is_empty() {
            Ok(Self(fields))
        } else {
            Err(Unreadable::Odd)
        }
    }

    /// Refuses fields above that number, which this version knows nothing of.
    pub fn up_to(self, last: u8) -> Result<Self, Unreadable> {
        let above = self.0.iter().skip(usize::from(last) + 1);
        if above.flatten().next().is_some() {
            return Err(Unreadable::Later);
        }
        Ok(self)
    }

    fn maybe_bytes(&self, field: u8) -> Option<&'b [u8]> {
        self.0.get(usize::from(field)).copied().flatten()
    }

    pub fn maybe_text(&self, field: u8) -> Result<Option<&'b str>, Unreadable> {
        let text = self.maybe_bytes(field).map(str::from_utf8);
        text.transpose().map_err(|_| Unreadable::Odd)
    }

    pub fn maybe_number(&self, field: u8) -> Result<Option<i64>, Unreadable> {
        let number = |bytes: &[u8]| Some(i64::from_le_bytes(bytes.try_into().ok()?));
        let number = self.maybe_bytes(field).map(number);
        number.map(|found| found.ok_or(Unreadable::Odd)).transpose()
    }

    pub fn bytes(&self, field: u8) -> Result<&'b [u8], Unreadable> {
        self.maybe_bytes(field).ok_or(Unreadable::Odd)
    }

    pub fn text(&self, field: u8) -> Result<&'b str, Unreadable> {
        self.maybe_text(field)?.ok_or(Unreadable::Odd)
    }

    pub fn number(&self, field: u8) -> Result<i64, Unreadable> {
        self.maybe_number(field)?.ok_or(Unreadable::Odd)
    }

    pub fn owned(&self, field: u8) -> Result<Option<String>, Unreadable> {
        Ok(self.maybe_text(field)?.map(str::to_owned))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_come_back_and_what_is_not_there_is_not() {
        let body = Body::new().number(1, -7).text(3, "ä").maybe_text(4, None);
        let body = body.finish();
        let fields = Fields::parse(&body).unwrap();
        assert_eq!(fields.number(1), Ok(-7));
        assert_eq!(fields.text(3), Ok("ä"));
        assert_eq!(fields.maybe_text(4), Ok(None));
        assert_eq!(fields.text(4), Err(Unreadable::Odd));
        assert_eq!(fields.number(3), Err(Unreadable::Odd));
    }

    #[test]
    fn what_a_later_version_added_is_not_passed_over() {
        let body = Body::new().number(1, 1).text(9, "new").finish();
        let fields = Fields::parse(&body).unwrap();
        assert!(matches!(fields.up_to(8), Err(Unreadable::Later)));
        let body = Body::new().text(200, "new").finish();
        assert!(matches!(Fields::parse(&body), Err(Unreadable::Later)));
    }

    #[test]
    fn half_a_body_is_none() {
        let body = Body::new().number(1, 1).text(2, "abc").finish();
        for length in (1..body.len()).filter(|length| *length != 13) {
            let read = Fields::parse(&body[..length]);
            assert!(matches!(read, Err(Unreadable::Odd)), "{length}");
        }
    }
}
