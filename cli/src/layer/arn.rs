//! The ARN of a layer's version.

use std::fmt;
use std::str::FromStr;

use anyhow::{bail, ensure};

/// `arn:PARTITION:lambda:REGION:ACCOUNT:layer:NAME:VERSION`, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayerArn {
    /// `aws`, `aws-cn`, …
    pub partition: String,
    /// The region that holds the layer.
    pub region: String,
    /// The account that published it: twelve digits.
    pub account: String,
    /// The layer's name.
    pub name: String,
    /// Which version of it; they count from 1.
    pub version: u64,
}

impl FromStr for LayerArn {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let parts: Vec<_> = text.split(':').collect();
        let [
            arn,
            partition,
            service,
            region,
            account,
            layer,
            name,
            rest @ ..,
        ] = &parts[..]
        else {
            bail!("it is not the ARN of a layer's version, which reads {FORM}");
        };
        ensure!(
            *arn == "arn" && *service == "lambda" && *layer == "layer",
            "it is not the ARN of a layer's version, which reads {FORM}"
        );
        ensure!(
            !partition.is_empty() && !region.is_empty() && !name.is_empty(),
            "a part of it is empty; it has to read {FORM}"
        );
        ensure!(
            account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()),
            "{account:?} is not an account, which has twelve digits"
        );
        let [version] = rest else {
            ensure!(
                rest.is_empty(),
                "it goes on after the version; it has to read {FORM}"
            );
            bail!("it names no version; append one, as in :1");
        };
        let version = match version.parse() {
            // `+1` and `01` parse as numbers too.
            Ok(number) if number > 0 && u64::to_string(&number) == **version => number,
            _ => bail!("{version:?} is not a version, which is a number from 1 on"),
        };
        Ok(Self {
            partition: (*partition).to_owned(),
            region: (*region).to_owned(),
            account: (*account).to_owned(),
            name: (*name).to_owned(),
            version,
        })
    }
}

impl LayerArn {
    /// The ARN of the layer, whatever the version.
    pub fn layer(&self) -> String {
        let Self {
            partition,
            region,
            account,
            name,
            ..
        } = self;
        format!("arn:{partition}:lambda:{region}:{account}:layer:{name}")
    }
}

impl fmt::Display for LayerArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.layer(), self.version)
    }
}

/// What an ARN looks like, for people.
const FORM: &str = "arn:PARTITION:lambda:REGION:ACCOUNT:layer:NAME:VERSION";

#[cfg(test)]
mod tests {
    use super::LayerArn;

    #[test]
    fn an_arn_reads_as_it_is_written() {
        let text = "arn:aws-cn:lambda:cn-north-1:123456789012:layer:lua-54-arm64:17";
        let arn: LayerArn = text.parse().expect("it is well formed");
        assert_eq!((arn.region.as_str(), arn.version), ("cn-north-1", 17));
        assert_eq!(arn.to_string(), text);
    }

    #[test]
    fn what_is_wrong_with_an_arn_is_said() {
        for (text, reason) in [
            (
                "arn:aws:lambda:eu-west-1:123456789012:layer:lua-54-x86_64",
                "names no version",
            ),
            (
                "arn:aws:lambda:eu-west-1:123456789012:layer:lua-54-x86_64:0",
                "\"0\" is not a version",
            ),
            (
                "arn:aws:lambda:eu-west-1:123456789012:layer:lua-54-x86_64:+1",
                "is not a version",
            ),
            (
                "arn:aws:lambda:eu-west-1:123456789012:layer:lua-54-x86_64:",
                "is not a version",
            ),
            (
                "arn:aws:lambda:eu-west-1:123456789012:layer:lua-54-x86_64:1:2",
                "goes on after",
            ),
            (
                "arn:aws:lambda:eu-west-1:12345:layer:lua-54-x86_64:1",
                "twelve digits",
            ),
            (
                "arn:aws:lambda::123456789012:layer:lua-54-x86_64:1",
                "a part of it is empty",
            ),
            (
                "arn:aws:s3:eu-west-1:123456789012:layer:lua-54-x86_64:1",
                "not the ARN of a layer",
            ),
            ("", "not the ARN of a layer"),
        ] {
            let error = text.parse::<LayerArn>().expect_err(text).to_string();
            assert!(error.contains(reason), "{text}: {error}");
        }
    }
}
