//! What a call removes by one of its parameters, though its action need not.

use serde_json::{Map, Value};

use super::{Action, Param, ParamKind, name_in_php, truth};

impl Action {
    /// The first of the parameters given that ends or removes something for good.
    pub fn removal(&self, params: &Map<String, Value>) -> Option<&'static str> {
        let marked = self.params.iter().filter(|param| param.destructive);
        let mut given = marked.flat_map(|param| params.iter().map(move |given| (param, given)));
        given
            .find(|(param, (name, value))| {
                let is_it = name_in_php(name).eq_ignore_ascii_case(param.name);
                is_it && is_set(param, name, value)
            })
            .map(|(param, _)| param.name)
    }
}

/// Whether PHP would take the value for anything; words for no are sent as `0` only
/// under the parameter's own name.
pub(super) fn is_set(param: &Param, name: &str, value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(truth) => *truth,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => {
            let is_truth = param.kind == ParamKind::Bool && name == param.name;
            let is_no = is_truth && truth(text) == Some(false);
            !is_no && !matches!(text.as_str(), "" | "0")
        }
        Value::Array(items) => items.iter().any(|item| is_set(param, name, item)),
        Value::Object(items) => items.values().any(|item| is_set(param, name, item)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::catalog::action;

    fn removal(name: &str, params: &serde_json::Value) -> Option<&'static str> {
        action(name).unwrap().removal(params.as_object().unwrap())
    }

    #[test]
    fn a_parameter_that_removes_counts_when_it_is_set() {
        for yes in [json!(true), json!(1), json!("on"), json!("x"), json!("2")] {
            let params = json!({"clientid": 7, "clearcreditcard": yes});
            assert_eq!(removal("UpdateClient", &params), Some("clearcreditcard"));
        }
        for no in [
            json!(false),
            json!(0),
            json!(""),
            json!("off"),
            json!("No"),
            json!(null),
        ] {
            let params = json!({"clientid": 7, "clearcreditcard": no});
            assert_eq!(removal("UpdateClient", &params), None, "{no}");
        }
        assert_eq!(removal("UpdateClient", &json!({"clientid": 7})), None);
    }

    #[test]
    fn lines_to_delete_count_unless_there_are_none() {
        let lines = |lines| removal("UpdateInvoice", &json!({"deletelineids": lines}));
        assert_eq!(lines(json!([])), None);
        assert_eq!(lines(json!([7])), Some("deletelineids"));
        assert_eq!(lines(json!("7")), Some("deletelineids"));
    }

    #[test]
    fn it_counts_under_every_name_that_php_reads_as_it() {
        for name in [
            "deletelineids[0]",
            " deletelineids",
            "deletelineids\0x",
            "DeleteLineIDs",
        ] {
            let params = json!({"invoiceid": 1, name: 7});
            assert_eq!(
                removal("UpdateInvoice", &params),
                Some("deletelineids"),
                "{name}"
            );
        }
        // Words for no go out as they are under another name, and PHP takes them for yes.
        let params = json!({" clearcreditcard": "off"});
        assert_eq!(removal("UpdateClient", &params), Some("clearcreditcard"));
    }
}
