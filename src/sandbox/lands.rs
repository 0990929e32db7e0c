//! Names, streets and cities for generated clients, country by country.

/// The people and places of one country.
#[derive(Debug)]
pub struct Land {
    /// Two-letter code.
    pub code: &'static str,
    /// Id of the currency its clients pay in.
    pub currency: i64,
    /// First names.
    pub first: &'static [&'static str],
    /// Last names.
    pub last: &'static [&'static str],
    /// Streets.
    pub streets: &'static [&'static str],
    /// City, state, post code.
    pub cities: &'static [(&'static str, &'static str, &'static str)],
    /// Legal form of a company.
    pub company: &'static str,
    /// Language setting; empty for the default.
    pub language: &'static str,
}

/// Where generated clients come from.
pub const LANDS: &[Land] = &[
    Land {
        code: "US",
        currency: 1,
        first: &["Angelica", "Dwayne", "Grace", "Marcus", "Olivia", "Tyrone"],
        last: &[
            "Mohr",
            "Beier",
            "Johnson",
            "Ramirez",
            "O'Connor",
            "Whitfield",
        ],
        streets: &["Elm Street", "Lincoln Avenue", "Sunset Boulevard"],
        cities: &[
            ("Austin", "Texas", "78701"),
            ("Portland", "Oregon", "97201"),
            ("Boston", "Massachusetts", "02108"),
        ],
        company: "Inc.",
        language: "",
    },
    Land {
        code: "DE",
        currency: 2,
        first: &["Jürgen", "Käthe", "Lukas", "Anneliese", "Sören", "Jana"],
        last: &["Schröder", "Weiß", "Krüger", "Bäcker", "Vogel", "Jäger"],
        streets: &["Hauptstraße", "Goethestraße", "Am Mühlbach"],
        cities: &[
            ("München", "Bayern", "80331"),
            ("Hamburg", "Hamburg", "20095"),
            ("Köln", "Nordrhein-Westfalen", "50667"),
        ],
        company: "GmbH",
        language: "german",
    },
    Land {
        code: "FR",
        currency: 2,
        first: &["François", "Chloé", "Jérôme", "Agnès", "Loïc", "Margaux"],
        last: &[
            "Lefèvre",
            "Dupont",
            "Bérenger",
            "d'Aubigny",
            "Moreau",
            "Côté",
        ],
        streets: &["Rue de la Paix", "Avenue des Tilleuls", "Quai Ouest"],
        cities: &[
            ("Lyon", "Auvergne-Rhône-Alpes", "69002"),
            ("Orléans", "Centre-Val de Loire", "45000"),
        ],
        company: "SARL",
        language: "french",
    },
    Land {
        code: "GB",
        currency: 1,
        first: &["Harriet", "Callum", "Priya", "Rhys", "Imogen", "Tariq"],
        last: &[
            "Fairbanks",
            "Patel",
            "Llewellyn",
            "McAllister",
            "Khan",
            "Thorne",
        ],
        streets: &["High Street", "Station Road", "Church Lane"],
        cities: &[
            ("Leeds", "West Yorkshire", "LS1 4AP"),
            ("Cardiff", "South Glamorgan", "CF10 1EP"),
        ],
        company: "Ltd",
        language: "",
    },
    Land {
        code: "PL",
        currency: 2,
        first: &[
            "Zdzisław",
            "Małgorzata",
            "Paweł",
            "Agnieszka",
            "Świętosław",
            "Ewa",
        ],
        last: &[
            "Kowalski",
            "Wiśniewska",
            "Żak",
            "Dąbrowski",
            "Nowak",
            "Łukasik",
        ],
        streets: &["ul. Długa", "ul. Krótka", "al. Róż"],
        cities: &[
            ("Łódź", "Łódzkie", "90-001"),
            ("Gdańsk", "Pomorskie", "80-001"),
        ],
        company: "Sp. z o.o.",
        language: "",
    },
    Land {
        code: "BR",
        currency: 1,
        first: &["João", "Conceição", "Thiago", "Luísa", "Antônio", "Bia"],
        last: &[
            "Gonçalves",
            "da Silva",
            "Araújo",
            "Magalhães",
            "Souza",
            "Brandão",
        ],
        streets: &["Rua das Flores", "Avenida Paulista", "Travessa São João"],
        cities: &[
            ("São Paulo", "São Paulo", "01310-100"),
            ("Brasília", "Distrito Federal", "70040-010"),
        ],
        company: "Ltda.",
        language: "portuguese-br",
    },
];
