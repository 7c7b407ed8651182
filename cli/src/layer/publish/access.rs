//! Who may use a layer's version.

use std::fmt;

use serde::Deserialize;
use serde_json::Value;

/// The name of our statement in the policy of a version.
pub const STATEMENT: &str = "moonlayer";
/// What a statement has to allow; whoever may read a layer may use it.
pub const ACTION: &str = "lambda:GetLayerVersion";

/// Whom a version is open to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access {
    /// Every account.
    All,
    /// The accounts of one organization.
    Organization(String),
    /// The account that published it.
    Private,
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all accounts"),
            Self::Organization(id) => write!(f, "the organization {id}"),
            Self::Private => f.write_str("no other account"),
        }
    }
}

/// The policy of a version, as far as it says who may use it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// Each statement's name, and whom it lets in; nothing where that is a case of its own.
    statements: Vec<(String, Option<Access>)>,
}

impl Policy {
    /// The policy in that text of JSON.
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Document {
            #[serde(default)]
            statement: Vec<Value>,
        }
        let document: Document = serde_json::from_str(text)?;
        let statements = document.statement.iter().map(|statement| {
            let name = statement["Sid"].as_str().unwrap_or_default().to_owned();
            (name, access_of(statement))
        });
        Ok(Self {
            statements: statements.collect(),
        })
    }

    /// Whether it opens the version to those, by whatever statement.
    pub fn opens_to(&self, wanted: &Access) -> bool {
        *wanted == Access::Private
            || self
                .statements
                .iter()
                .any(|(_, access)| access.as_ref() == Some(wanted))
    }

    /// Whether our own statement is there and lets in others than those.
    pub fn has_another_of_ours(&self, wanted: &Access) -> bool {
        let mut statements = self.statements.iter();
        statements.any(|(name, access)| name == STATEMENT && access.as_ref() != Some(wanted))
    }

    /// A statement that opens the version to more than is wanted: its name, and to whom.
    pub fn wider_than(&self, wanted: &Access) -> Option<(&str, &Access)> {
        let mut statements = self.statements.iter();
        statements.find_map(|(name, access)| {
            let access = access.as_ref()?;
            (*wanted != Access::All && access != wanted).then_some((name.as_str(), access))
        })
    }
}

/// Whom a statement lets in, where it is one as `add-layer-version-permission` makes it.
fn access_of(statement: &Value) -> Option<Access> {
    let all = ["*", "lambda:*", ACTION];
    let action = match &statement["Action"] {
        Value::Array(actions) => actions
            .iter()
            .any(|one| all.iter().any(|known| one == known)),
        one => all.iter().any(|known| one == known),
    };
    let principal = &statement["Principal"];
    if statement["Effect"] != "Allow" || !action || (*principal != "*" && principal["AWS"] != "*") {
        return None;
    }
    match &statement["Condition"] {
        Value::Null => Some(Access::All),
        Value::Object(operators) if operators.len() == 1 => {
            let keys = operators.get("StringEquals")?.as_object()?;
            let organization = keys.get("aws:PrincipalOrgID")?.as_str()?;
            (keys.len() == 1).then(|| Access::Organization(organization.to_owned()))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Access, Policy};

    fn policy(condition: &str, sid: &str) -> Policy {
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Sid":"{sid}","Effect":"Allow","Principal":"*",
            "Action":"lambda:GetLayerVersion","Resource":"arn:aws:lambda:…"{condition}}}]}}"#
        );
        Policy::parse(&text).expect("it is JSON")
    }

    fn organization() -> Access {
        Access::Organization("o-abcdefghij".to_owned())
    }

    #[test]
    fn a_statement_opens_to_all_or_to_an_organization() {
        let condition = r#","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-abcdefghij"}}"#;
        assert!(policy("", "x").opens_to(&Access::All));
        assert!(!policy("", "x").opens_to(&organization()));
        assert!(policy(condition, "x").opens_to(&organization()));
        assert!(!policy(condition, "x").opens_to(&Access::All));
        assert!(Policy::default().opens_to(&Access::Private));
        assert!(!Policy::default().opens_to(&Access::All));
    }

    #[test]
    fn a_condition_of_another_kind_opens_to_nobody_in_particular() {
        let condition = r#","Condition":{"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}}"#;
        assert!(!policy(condition, "x").opens_to(&Access::All));
        let both = r#","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-abcdefghij",
            "aws:PrincipalAccount":"123456789012"}}"#;
        assert!(!policy(both, "x").opens_to(&organization()));
    }

    #[test]
    fn only_our_own_statement_is_replaced() {
        assert!(policy("", "moonlayer").has_another_of_ours(&organization()));
        assert!(!policy("", "moonlayer").has_another_of_ours(&Access::All));
        assert!(!policy("", "theirs").has_another_of_ours(&organization()));
        assert_eq!(
            policy("", "theirs").wider_than(&organization()),
            Some(("theirs", &Access::All))
        );
    }
}
