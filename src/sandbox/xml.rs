//! Reads the little XML that a parameter may carry: elements, text, CDATA, the five entities.
//!
//! Attributes are passed over. A document type, another entity or anything deeper
//! than 16 levels reads as nothing, so that no text can make the reader grow.

const MAX_NESTING: usize = 16;

/// An element: its name, its text and the elements in it.
#[derive(Debug, Default, Eq, PartialEq)]
pub struct Element {
    /// The name as written.
    pub name: String,
    /// The text between its tags, that of inner elements left out.
    pub text: String,
    /// The elements in it, in order.
    pub children: Vec<Element>,
}

/// The root element of a text, when the text is one document.
pub fn parse(text: &str) -> Option<Element> {
    let mut reader = Reader { rest: text };
    reader.skip_prolog()?;
    let root = reader.element(0)?;
    reader.rest.trim().is_empty().then_some(root)
}

struct Reader<'t> {
    rest: &'t str,
}

impl<'t> Reader<'t> {
    fn skip_prolog(&mut self) -> Option<()> {
        self.rest = self.rest.trim_start_matches('\u{feff}').trim_start();
        if self.rest.starts_with("<?") {
            self.until("?>")?;
            self.rest = self.rest.trim_start();
        }
        Some(())
    }

    fn element(&mut self, depth: usize) -> Option<Element> {
        if depth > MAX_NESTING {
            return None;
        }
        self.rest = self.rest.strip_prefix('<')?;
        let head = self.until(">")?;
        let (head, is_closed) = match head.strip_suffix('/') {
            Some(head) => (head, true),
            None => (head, false),
        };
        let name = head.split(char::is_whitespace).next()?;
        if !name.starts_with(|first: char| first.is_alphabetic() || first == '_') {
            return None;
        }
        let mut element = Element {
            name: name.to_owned(),
            ..Element::default()
        };
        if !is_closed {
            self.content(&mut element, depth)?;
        }
        Some(element)
    }

    /// Reads up to and over the end tag.
    fn content(&mut self, element: &mut Element, depth: usize) -> Option<()> {
        loop {
            if self.rest.starts_with("</") {
                let end = self.until(">")?;
                return (end[2..].trim_end() == element.name).then_some(());
            } else if self.rest.starts_with("<!--") {
                self.until("-->")?;
            } else if self.rest.starts_with("<![CDATA[") {
                let text = self.until("]]>")?;
                element.text.push_str(&text["<![CDATA[".len()..]);
            } else if self.rest.starts_with('<') {
                element.children.push(self.element(depth + 1)?);
            } else {
                let (text, rest) = self.rest.split_at(self.rest.find('<')?);
                self.rest = rest;
                element.text.push_str(&unescaped(text)?);
            }
        }
    }

    /// What stands before a mark, which is passed over.
    fn until(&mut self, mark: &str) -> Option<&'t str> {
        let (taken, rest) = self.rest.split_once(mark)?;
        self.rest = rest;
        Some(taken)
    }
}

fn unescaped(text: &str) -> Option<String> {
    let mut parts = text.split('&');
    let mut whole = parts.next()?.to_owned();
    for part in parts {
        let (name, rest) = part.split_once(';')?;
        whole.push(match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" | "#39" | "#039" => '\'',
            _ => return None,
        });
        whole.push_str(rest);
    }
    Some(whole)
}

#[cfg(test)]
mod tests {
    use super::parse;
    use proptest::prelude::*;

    #[test]
    fn elements_text_and_entities_are_read() {
        let text = "<?xml version=\"1.0\"?>\n<a x=\"1\"><b>Zo\u{eb} &amp; <![CDATA[<Co>]]></b><!-- c --><d/></a>\n";
        let root = parse(text).expect("reads");
        assert_eq!(root.name, "a");
        let parts: Vec<_> = root
            .children
            .iter()
            .map(|part| (part.name.as_str(), part.text.as_str()))
            .collect();
        assert_eq!(parts, [("b", "Zo\u{eb} & <Co>"), ("d", "")]);
    }

    #[test]
    fn what_is_no_document_is_nothing() {
        for text in [
            "",
            "x",
            "<a>",
            "<a></b>",
            "<a/><b/>",
            "<a>&bomb;</a>",
            "<!DOCTYPE a><a/>",
            "< a/>",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
        let deep = "<a>".repeat(30) + &"</a>".repeat(30);
        assert_eq!(parse(&deep), None);
    }

    proptest! {
        #[test]
        fn arbitrary_text_never_panics(text in "[<>/a&;!\\[\\]CDAT?\u{eb} -]{0,60}") {
            parse(&text);
        }
    }
}
