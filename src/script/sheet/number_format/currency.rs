//! Which words beside a number are a currency's.

use crate::script::money::amounts::is_currency_symbol;

/// Names of currencies that are neither a symbol nor a code of ISO 4217.
const NAMES: [&str; 33] = [
    "A$", "AU$", "C$", "CA$", "Fr", "Fr.", "Ft", "HK$", "KM", "Kč", "Lei", "NT$", "NZ$", "R$",
    "RM", "Rp", "Rs", "Rs.", "S$", "SFr.", "TL", "US$", "din.", "kn", "kr", "kr.", "lei", "zł",
    "грн", "грн.", "лв.", "р.", "руб.",
];

/// The codes of ISO 4217.
const CODES: &str = "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP \
    BYN BZD CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF \
    GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR \
    LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP \
    PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP \
    TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWL";

/// Whether it is the name of a currency and nothing else.
pub(super) fn is_currency(text: &str) -> bool {
    let name = text.trim();
    let is_symbol = !name.is_empty() && name.chars().all(is_currency_symbol);
    let is_code = || name.len() == 3 && CODES.split_whitespace().any(|code| code == name);
    is_symbol || NAMES.contains(&name) || is_code()
}
