//! The closed word lists of the catalog: what an action does, what it risks,
//! what a parameter or a reply field is made of.
//!
//! Each enum is written once, with the word the catalog's TOML uses for it; the
//! build script and the library read the same file, so neither can drift.

macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$about:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub enum $name { $($(#[$about])* $variant,)+ }

        impl $name {
            /// Every variant, in the order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The word the catalog uses for this variant.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            /// The variant a catalog word stands for.
            pub fn from_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|variant| variant.word() == word)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.word())
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.word())
            }
        }
    };
}

words! {
    /// What a call does to the server.
    Effect {
        /// Changes nothing.
        Read = "read",
        /// Adds a record.
        Create = "create",
        /// Changes a record.
        Update = "update",
        /// Removes a record.
        Delete = "delete",
        /// Does something else: mails, runs a module, mints a token.
        Act = "act",
    }
}

words! {
    /// What can go wrong beyond a changed record.
    Risk {
        /// Ends or removes something that cannot be brought back.
        Destructive = "destructive",
        /// Moves, books or charges money, or changes what will be charged.
        Money = "money",
        /// Mails a customer or staff.
        Mail = "mail",
        /// Touches a server, a registrar or a module.
        Provision = "provision",
        /// Returns, mints or stores a secret.
        Secret = "secret",
    }
}

words! {
    /// What a parameter's value is, before it is encoded.
    ParamKind {
        /// Text.
        String = "string",
        /// A whole number.
        Int = "int",
        /// A decimal number: money, a rate, a percentage.
        Decimal = "decimal",
        /// True or false.
        Bool = "bool",
        /// A day, `2026-11-23`.
        Date = "date",
        /// A moment, `2026-11-23 14:05:00`.
        DateTime = "datetime",
        /// Named values.
        Map = "map",
        /// Whatever the action makes of it.
        Any = "any",
        /// One id, several ids in an array, or ids in text with commas.
        Ids = "ids",
        /// An array of text.
        Strings = "string[]",
        /// An array of whole numbers.
        Ints = "int[]",
        /// An array of decimal numbers.
        Decimals = "decimal[]",
        /// An array of true or false.
        Bools = "bool[]",
        /// An array of maps.
        Maps = "map[]",
    }
}

words! {
    /// How a value is put on the wire when the plain form is not what WHMCS wants.
    Encoding {
        /// Scalars as they are, booleans as 1/0, arrays and maps in PHP brackets.
        Plain = "plain",
        /// The whole value as base64 of PHP's `serialize`.
        Serialized = "serialized",
        /// An array whose elements are each base64 of PHP's `serialize`.
        SerializedEach = "serialized-each",
        /// The whole value as base64 of JSON.
        Json64 = "json64",
        /// An array sent as `name1`, `name2`, ….
        Numbered = "numbered",
        /// A boolean sent as `on` or `off`.
        OnOff = "on-off",
    }
}

words! {
    /// How a text is written that WHMCS takes in one form alone.
    Format {
        /// An address with one `@` and a domain with a dot.
        Email = "email",
        /// A country by the two letters of ISO 3166.
        Country = "country",
        /// An amount with at most two decimals that are not zero.
        Money = "money",
        /// A day in one of the orders WHMCS can be set to; its settings say which.
        Localised = "localised",
    }
}

words! {
    /// What a parameter does to outgoing mail when it is set.
    MailSwitch {
        /// Setting it makes mail leave.
        Sends = "sends",
        /// Setting it keeps mail in.
        Silences = "silences",
    }
}

words! {
    /// Which way a parameter's amount moves money.
    MoneyFlow {
        /// Booked as received from a client.
        In = "in",
        /// Booked as paid to a client.
        Out = "out",
        /// Put on a client's credit balance.
        Credit = "credit",
        /// Paid from a client's credit balance.
        Applied = "applied",
        /// Asked of a client, now or on its next invoice.
        Charge = "charge",
        /// Asked of a client from then on, whenever it is billed.
        Price = "price",
        /// No longer asked of a client.
        Waived = "waived",
    }
}

impl MoneyFlow {
    /// The word that people read.
    pub const fn said(self) -> &'static str {
        match self {
            Self::In => "received",
            Self::Out => "paid out",
            Self::Credit => "credited",
            Self::Applied => "credit applied",
            Self::Charge => "charged",
            Self::Price => "priced",
            Self::Waived => "waived",
        }
    }
}

words! {
    /// What a reply field holds.
    FieldKind {
        /// Text.
        String = "string",
        /// HTML by nature, left as sent.
        Html = "html",
        /// A whole number, however the server spelled it.
        Int = "int",
        /// A decimal number, left as sent.
        Decimal = "decimal",
        /// A truth value in one of WHMCS's many spellings, left as sent.
        Bool = "bool",
        /// A day; the null date becomes nothing.
        Date = "date",
        /// A moment; the null moment becomes nothing.
        DateTime = "datetime",
        /// A list, always an array.
        List = "list",
        /// A map.
        Map = "map",
        /// A password, token or key: never shown, never stored.
        Secret = "secret",
    }
}
