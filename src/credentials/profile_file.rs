//! The format of `~/.aws/config` and `~/.aws/credentials`. Pure.
//!
//! ```text
//! [profile backup]            a section
//! region = eu-central-1       a property
//! s3 =                        a property with a nested block
//!   addressing_style = path   a property of the block
//! ```
//!
//! A line that begins with `#` or `;` is a comment, and so is the rest of a line after white space and one of them. An indented
//! line after a property with a value continues the value.
//!
//! <https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html>

use zeroize::Zeroizing;

/// A section, by the name in its brackets.
pub(super) struct Section {
    pub(super) name: String,
    properties: Vec<Property>,
}

struct Property {
    /// In lower case.
    name: String,
    value: Zeroizing<String>,
    nested: Vec<(String, Zeroizing<String>)>,
}

/// What cannot be parsed, without the text of the line, which may hold a key.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct ParseError {
    /// The number of the line, from 1.
    pub(super) line: usize,
    pub(super) problem: &'static str,
}

impl Section {
    /// A property's value, unless it is empty. The last one counts, as the tools of AWS have it.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let property = self
            .properties
            .iter()
            .rev()
            .find(|known| known.name == name)?;
        Some(property.value.as_str()).filter(|value| !value.is_empty())
    }

    /// The value of a property in the nested block `block`.
    pub(super) fn nested(&self, block: &str, name: &str) -> Option<&str> {
        let blocks = self.properties.iter().rev();
        let mut nested = blocks
            .filter(|property| property.name == block)
            .flat_map(|property| property.nested.iter().rev());
        let (_, value) = nested.find(|(known, _)| known == name)?;
        Some(value.as_str()).filter(|value| !value.is_empty())
    }
}

/// Parses a file into its sections, in order. A section may occur more than once.
pub(super) fn parse(file: &[u8]) -> Result<Vec<Section>, ParseError> {
    let text = match std::str::from_utf8(file) {
        Ok(text) => text,
        Err(error) => {
            let valid = file.get(..error.valid_up_to()).unwrap_or_default();
            let line = 1 + valid.iter().filter(|byte| **byte == b'\n').count();
            let problem = "not UTF-8";
            return Err(ParseError { line, problem });
        }
    };
    let mut sections: Vec<Section> = Vec::new();
    for (line, text) in (1..).zip(text.trim_start_matches('\u{feff}').lines()) {
        let text = without_comment(text);
        parse_line(text, &mut sections).map_err(|problem| ParseError { line, problem })?;
    }
    Ok(sections)
}

fn parse_line(text: &str, sections: &mut Vec<Section>) -> Result<(), &'static str> {
    let content = text.trim();
    if content.is_empty() {
        return Ok(());
    }
    let is_indented = text.starts_with([' ', '\t']);
    let open = sections
        .last_mut()
        .and_then(|section| section.properties.last_mut())
        .filter(|_| is_indented);
    if let Some(property) = open {
        return continue_property(property, content);
    }
    if let Some(rest) = content.strip_prefix('[') {
        let (name, rest) = rest
            .split_once(']')
            .ok_or("a section without a closing bracket")?;
        if !rest.trim().is_empty() {
            return Err("text after the closing bracket of a section");
        }
        if name.trim().is_empty() {
            return Err("a section without a name");
        }
        sections.push(Section {
            name: name.trim().to_owned(),
            properties: Vec::new(),
        });
        return Ok(());
    }
    let (name, value) = split(content)?;
    let section = sections
        .last_mut()
        .ok_or("a property before the first section")?;
    section.properties.push(Property {
        name,
        value,
        nested: Vec::new(),
    });
    Ok(())
}

/// An indented line: a property of the nested block, or more of the value.
fn continue_property(property: &mut Property, content: &str) -> Result<(), &'static str> {
    if property.value.is_empty() {
        property.nested.push(split(content)?);
    } else {
        property.value.push('\n');
        property.value.push_str(content);
    }
    Ok(())
}

fn split(content: &str) -> Result<(String, Zeroizing<String>), &'static str> {
    let (name, value) = content
        .split_once('=')
        .ok_or("neither a section nor a property: it has no equals sign")?;
    if name.trim().is_empty() {
        return Err("a property without a name");
    }
    let value = Zeroizing::new(value.trim().to_owned());
    Ok((name.trim().to_ascii_lowercase(), value))
}

fn without_comment(line: &str) -> &str {
    if line.trim_start().starts_with(['#', ';']) {
        return "";
    }
    let mut before = 'x';
    for (at, character) in line.char_indices() {
        if matches!(character, '#' | ';') && matches!(before, ' ' | '\t') {
            return line.get(..at).unwrap_or_default();
        }
        before = character;
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_properties_and_nested_blocks_are_read() {
        let file = "\u{feff}# comment\r\n; another\r\n\r\n[default]\r\nRegion=eu-west-1\r\n\
                    [profile  two words] # why\n  region\t=  us-east-1 ; near\ns3 =\n  addressing_style = path\n\n\
                    \tmax = 8MB # x\noutput = json\n[default]\nregion = eu-north-1\nkey = a#b;c=d\nempty =\n";
        let sections = parse(file.as_bytes()).unwrap();
        let names: Vec<&str> = sections
            .iter()
            .map(|section| section.name.as_str())
            .collect();
        assert_eq!(names, ["default", "profile  two words", "default"]);
        let [first, profile, last] = &sections[..] else {
            panic!()
        };
        assert_eq!(first.get("region"), Some("eu-west-1"));
        assert_eq!(profile.get("region"), Some("us-east-1"));
        assert_eq!(profile.get("output"), Some("json"));
        assert_eq!(profile.nested("s3", "addressing_style"), Some("path"));
        assert_eq!(profile.nested("s3", "max"), Some("8MB"));
        assert_eq!(profile.nested("s4", "max"), None);
        assert_eq!(profile.get("s3"), None);
        assert_eq!(last.get("key"), Some("a#b;c=d"));
        assert_eq!(last.get("empty"), None);
    }

    #[test]
    fn the_last_of_two_properties_counts_and_values_continue() {
        let sections = parse(b"[a]\nx = 1\nx = 2\n   3\n").unwrap();
        assert_eq!(sections[0].get("x"), Some("2\n3"));
    }

    #[test]
    fn an_error_names_the_line_and_not_its_text() {
        for (file, line, problem) in [
            (&b"[a]\nhunter2\n"[..], 2, "equals sign"),
            (b"\n\nx = 1\n", 3, "before the first section"),
            (b"[a\n", 1, "closing bracket"),
            (b"[a] b\n", 1, "after the closing bracket"),
            (b"[ ]\n", 1, "without a name"),
            (b"[a]\n= hunter2\n", 2, "without a name"),
            (b"[a]\ns3 =\n  hunter2\n", 3, "equals sign"),
            (b"[a]\nx = \xff\n", 2, "UTF-8"),
        ] {
            let error = parse(file).err().unwrap();
            assert_eq!(error.line, line, "{error:?}");
            assert!(error.problem.contains(problem), "{error:?}");
            assert!(!error.problem.contains("hunter2"), "{error:?}");
        }
    }

    #[test]
    fn an_empty_file_has_no_sections() {
        for file in ["", "\n", "# comment", "   "] {
            assert!(parse(file.as_bytes()).unwrap().is_empty(), "{file:?}");
        }
    }
}
