//! `Words`: a line as a POSIX shell splits it into words, without expanding anything.
//!
//! <https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_02>

/// The words of a line, one after the other, so that no list of them is needed.
#[derive(Debug)]
pub struct Words<'a> {
    line: &'a [u8],
    at: usize,
}

/// A quote that nothing closes.
#[derive(Debug, Eq, PartialEq)]
pub struct Unclosed {
    quote: u8,
    /// Where it stands, counted from 0.
    at: usize,
}

/// Whether the line can be split.
///
/// # Errors
/// What is wrong with it, for people.
pub fn check(line: &[u8]) -> Result<(), String> {
    for word in Words::new(line) {
        if let Err(Unclosed { quote, at }) = word {
            let quote = char::from(quote);
            return Err(format!(
                "the arguments have a quote {quote} at byte {} that nothing closes; close it, or \
                 write \\{quote} where the quote itself is meant",
                at + 1
            ));
        }
    }
    Ok(())
}

impl<'a> Words<'a> {
    /// The words of `line`.
    pub fn new(line: &'a [u8]) -> Self {
        Self { line, at: 0 }
    }

    fn peek(&self) -> Option<u8> {
        self.line.get(self.at).copied()
    }

    /// A line that a backslash ends goes on with the next.
    fn skip_joint(&mut self) -> bool {
        let joint = self.line[self.at..].starts_with(b"\\\n");
        if joint {
            self.at += 2;
        }
        joint
    }

    /// To where a word starts; false where there is none.
    fn skip_blanks(&mut self) -> bool {
        loop {
            match self.peek() {
                None => return false,
                Some(b' ' | b'\t' | b'\n') => self.at += 1,
                Some(b'#') => {
                    while self.peek().is_some_and(|byte| byte != b'\n') {
                        self.at += 1;
                    }
                }
                Some(b'\\') if self.skip_joint() => {}
                Some(_) => return true,
            }
        }
    }

    /// What stands between single quotes, which is all as it is.
    fn single(&mut self, word: &mut Vec<u8>) -> Result<(), Unclosed> {
        let inside = &self.line[self.at + 1..];
        let end = inside.iter().position(|byte| *byte == b'\'');
        let end = end.ok_or(Unclosed {
            quote: b'\'',
            at: self.at,
        })?;
        word.extend_from_slice(&inside[..end]);
        self.at += end + 2;
        Ok(())
    }

    /// What stands between double quotes, where a backslash quotes only what would mean something.
    fn double(&mut self, word: &mut Vec<u8>) -> Result<(), Unclosed> {
        let at = self.at;
        self.at += 1;
        while let Some(byte) = self.peek() {
            if self.skip_joint() {
                continue;
            }
            self.at += 1;
            match byte {
                b'"' => return Ok(()),
                b'\\' if self.peek().is_some_and(|next| b"$`\"\\".contains(&next)) => {
                    word.extend(self.peek());
                    self.at += 1;
                }
                byte => word.push(byte),
            }
        }
        Err(Unclosed { quote: b'"', at })
    }
}

impl Iterator for Words<'_> {
    type Item = Result<Vec<u8>, Unclosed>;

    fn next(&mut self) -> Option<Self::Item> {
        if !self.skip_blanks() {
            return None;
        }
        let mut word = Vec::new();
        while let Some(byte) = self.peek() {
            let quoted = match byte {
                b' ' | b'\t' | b'\n' => break,
                b'\'' => self.single(&mut word),
                b'"' => self.double(&mut word),
                b'\\' if self.skip_joint() => Ok(()),
                b'\\' => {
                    self.at += 1;
                    // With nothing behind it, it is what it is.
                    word.push(self.peek().unwrap_or(b'\\'));
                    self.at += 1;
                    Ok(())
                }
                byte => {
                    word.push(byte);
                    self.at += 1;
                    Ok(())
                }
            };
            if let Err(unclosed) = quoted {
                self.at = self.line.len();
                return Some(Err(unclosed));
            }
        }
        Some(Ok(word))
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use proptest::prelude::*;

    use super::*;

    fn words(line: &str) -> Vec<String> {
        let words = Words::new(line.as_bytes());
        words
            .map(|word| String::from_utf8(word.unwrap()).unwrap())
            .collect()
    }

    /// The words that the system's shell makes of a line, which is to have nothing to expand.
    fn of_a_shell(line: &str) -> Vec<String> {
        let script = format!("set -f; set -- {line}\nfor word do printf '%s\\0' \"$word\"; done");
        let output = Command::new("sh").args(["-c", &script]).output().unwrap();
        assert!(output.status.success(), "{line:?}: {output:?}");
        let words = String::from_utf8(output.stdout).unwrap();
        let words = words.split_terminator('\0');
        words.map(str::to_owned).collect()
    }

    #[test]
    fn lines_are_split_as_the_shell_splits_them() {
        for line in [
            "",
            "  \t ",
            "up --dry-run",
            " a  b\tc ",
            "'a b' \"c d\"",
            "a'b'\"c\"d",
            "''",
            "a '' \"\" b",
            r"a\ b \' \\ \a",
            r#"'a\b' "a\b" "\\" "\"" "\$" "\`" "\'""#,
            "a#b #c d",
            "'#a' \\#b",
            "a\\\nb \\\n c",
            "\"a\\\nb\" 'a\\\nb'",
            "größe '\u{1f319} \u{1f319}'",
            "--name=\"Ada L\" -x",
            "'a\nb' \"c\nd\"",
            "a\u{a0}b c\rd",
        ] {
            assert_eq!(words(line), of_a_shell(line), "{line:?}");
        }
    }

    #[test]
    fn what_a_shell_would_expand_or_run_stays_as_it_is() {
        assert_eq!(words("$HOME *.lua"), ["$HOME", "*.lua"]);
        assert_eq!(words("~ `id` \"$(id)\""), ["~", "`id`", "$(id)"]);
        assert_eq!(
            words("a;b | c && d > e"),
            ["a;b", "|", "c", "&&", "d", ">", "e"]
        );
        assert_eq!(words("a\nb # c\nd"), ["a", "b", "d"]);
        assert_eq!(words("a\\"), ["a\\"]);
    }

    #[test]
    fn a_quote_that_nothing_closes_is_told_with_its_place() {
        for (line, quote, byte) in [
            ("'", '\'', 1),
            ("up 'a", '\'', 4),
            ("\"it's\" it's", '\'', 10),
            ("a \"b\\\"", '"', 3),
            ("\u{e9} \"", '"', 4),
        ] {
            let why = check(line.as_bytes()).unwrap_err();
            let start = format!("the arguments have a quote {quote} at byte {byte} that");
            assert!(why.starts_with(&start), "{line:?}: {why}");
        }
        assert_eq!(check(b"'a' \"b\""), Ok(()));
        assert_eq!(Words::new(b"a 'b c").count(), 2, "it ends with the error");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn a_quoted_word_is_what_it_was(parts in prop::collection::vec("\\PC*", 0..5)) {
            let quote = |part: &String| format!("'{}'", part.replace('\'', r"'\''"));
            let line = parts.iter().map(quote).collect::<Vec<_>>().join(" ");
            prop_assert_eq!(words(&line), parts);
        }

        #[test]
        fn any_line_is_split_as_the_shell_splits_it(line in "[ab #'\"\\\\\t]{0,24}") {
            // A backslash at the end would join the line with the next of the shell's script.
            prop_assume!(check(line.as_bytes()).is_ok() && !line.ends_with('\\'));
            prop_assert_eq!(words(&line), of_a_shell(&line));
        }
    }
}
