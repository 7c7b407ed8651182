//! The regions that have Lambda, by partition: `layer/regions.json`, built into the program.

use std::collections::BTreeMap;

/// Partitions and their regions.
#[derive(Debug, serde::Deserialize)]
#[serde(transparent)]
pub struct Regions(BTreeMap<String, Vec<String>>);

impl Regions {
    /// Those that this version of Moonlayer knows.
    pub fn known() -> Self {
        serde_json::from_str(include_str!("../../data/regions.json"))
            .expect("a test reads the file that is built in")
    }

    /// The partition that `region` lies in.
    pub fn partition_of(&self, region: &str) -> Option<&str> {
        let mut partitions = self.0.iter();
        let found = partitions.find(|(_, regions)| regions.iter().any(|known| known == region));
        found.map(|(partition, _)| partition.as_str())
    }

    /// The regions of a partition, sorted; none where it is unknown.
    pub fn of(&self, partition: &str) -> &[String] {
        self.0.get(partition).map_or(&[], Vec::as_slice)
    }

    /// What to say of a name that is none of the regions: the cause, then the remedy.
    pub fn unknown(&self, region: &str) -> String {
        let all = self.0.values().flatten();
        let close = all.min_by_key(|known| distance(known, region));
        let close = close.filter(|known| distance(known, region) <= 3);
        let suggestion = close.map_or(String::new(), |close| format!("; did you mean {close}?"));
        format!(
            "unknown region {region:?}{suggestion}; if it is newer than this Moonlayer, update Moonlayer"
        )
    }
}

/// How many letters have to be changed, added or left out to come from one word to the other.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().take(64).collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, letter) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, against) in other.iter().enumerate() {
            let changed = diagonal + usize::from(letter != *against);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::Regions;

    #[test]
    fn a_region_has_its_partition() {
        let regions = Regions::known();
        assert_eq!(regions.partition_of("eu-west-1"), Some("aws"));
        assert_eq!(regions.partition_of("cn-north-1"), Some("aws-cn"));
        assert_eq!(regions.partition_of("us-gov-west-1"), Some("aws-us-gov"));
        assert_eq!(regions.partition_of("eu-west-9"), None);
        assert!(regions.of("aws-moon").is_empty());
    }

    #[test]
    fn a_misspelt_region_is_answered_with_the_one_that_was_meant() {
        let regions = Regions::known();
        assert!(
            regions
                .unknown("eu-wst-1")
                .contains("did you mean eu-west-1?")
        );
        assert!(!regions.unknown("the moon").contains("did you mean"));
    }
}
