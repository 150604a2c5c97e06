//! One prompt template: a version, a constant part and a part that is rendered for each call.
//!
//! ```text
//! ---
//! version = 3
//! ---
//! [system]
//! the constant part
//! [user]
//! {{ material }}
//! ```

use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value};

use super::error::PromptError;

/// Instructions of the template language that one rendering may take; ours take a few hundred.
const FUEL: u64 = 50_000;

const SYSTEM: &str = "[system]";
const USER: &str = "[user]";

/// A template that has been read.
#[derive(Debug)]
pub(super) struct Template {
    pub(super) version: u32,
    /// The constant part, rendered.
    pub(super) system: String,
    file: String,
    user_line: usize,
    environment: Environment<'static>,
}

impl Template {
    /// Reads a template. `constants` are what its constant part may use, `example` what its other part will get.
    pub(super) fn read(
        file: &str,
        text: &str,
        constants: Value,
        example: &Value,
    ) -> Result<Self, PromptError> {
        let bad =
            |line: usize, what: &str| PromptError::Bad { file: file.to_owned(), line, what: what.to_owned() };
        let lines: Vec<&str> = text.lines().collect();
        let line_of = |wanted: &str| lines.iter().position(|line| line.trim_end() == wanted);
        let version = version(&lines).map_err(|(line, what)| bad(line, what))?;
        let system_at = line_of(SYSTEM).ok_or_else(|| bad(1, "there is no line `[system]`"))?;
        let user_at = line_of(USER)
            .filter(|at| *at > system_at)
            .ok_or_else(|| bad(system_at + 1, "there is no line `[user]` after `[system]`"))?;
        let mut template = Self {
            version,
            system: String::new(),
            file: file.to_owned(),
            user_line: user_at + 1,
            environment: environment(),
        };
        template.add(SYSTEM, &lines[system_at + 1..user_at], system_at + 1)?;
        template.add(USER, &lines[user_at + 1..], user_at + 1)?;
        template.system = template.run(SYSTEM, constants, system_at + 1)?.trim().to_owned();
        if template.system.is_empty() {
            return Err(bad(system_at + 1, "the part `[system]` is empty; it tells the teacher what to do"));
        }
        template.user(example)?;
        Ok(template)
    }

    fn add(&mut self, part: &'static str, lines: &[&str], line: usize) -> Result<(), PromptError> {
        let added = self.environment.add_template_owned(part, lines.join("\n"));
        added.map_err(|error| self.located(&error, line))
    }

    fn run(&self, part: &'static str, variables: Value, line: usize) -> Result<String, PromptError> {
        let rendered = self.environment.get_template(part).and_then(|template| template.render(variables));
        rendered.map_err(|error| self.located(&error, line))
    }

    fn located(&self, error: &minijinja::Error, before: usize) -> PromptError {
        let line = before + error.line().unwrap_or(1);
        let what = match error.detail() {
            Some(detail) => format!("{}: {detail}", error.kind()),
            None => error.kind().to_string(),
        };
        PromptError::Bad { file: self.file.clone(), line, what }
    }

    /// Renders the part that differs from call to call.
    pub(super) fn user(&self, variables: &Value) -> Result<String, PromptError> {
        self.run(USER, variables.clone(), self.user_line).map(|text| text.trim().to_owned())
    }
}

/// Strict: a variable that does not exist is an error, nothing is escaped, nothing is included, work is bounded.
fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_fuel(Some(FUEL));
    environment
}

/// The version that the first lines state, or the line and what is wrong with it.
fn version(lines: &[&str]) -> Result<u32, (usize, &'static str)> {
    if lines.first().map(|line| line.trim_end()) != Some("---") {
        return Err((1, "the first line must be `---`, then `version = 1`, then `---`"));
    }
    let end = lines.iter().skip(1).position(|line| line.trim_end() == "---").map(|at| at + 1);
    let end = end.ok_or((1, "the line `---` that ends the head is missing"))?;
    let mut version = None;
    for (index, line) in lines.iter().enumerate().take(end).skip(1) {
        let (key, value) = line.split_once('=').ok_or((index + 1, "expected `version = NUMBER`"))?;
        if key.trim() != "version" {
            return Err((index + 1, "the only key of the head is `version`"));
        }
        let number = value.trim().parse().ok().filter(|number| *number > 0);
        version = Some(number.ok_or((index + 1, "`version` must be a whole number from 1 on"))?);
    }
    version.ok_or((1, "the head states no `version`; raise it with each change of the text"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use minijinja::context;

    fn read(text: &str) -> Result<Template, PromptError> {
        Template::read("x.j2", text, context! {}, &context! { material => "M" })
    }

    #[test]
    fn a_mistake_is_reported_with_file_and_line() {
        let head = "---\nversion = 2\n---\n";
        for (text, place) in [
            ("version = 1".to_owned(), "line 1:"),
            ("---\nversion = x\n---\n[system]\na\n[user]\nb".to_owned(), "line 2:"),
            (format!("{head}[user]\nb"), "line 1:"),
            (format!("{head}[system]\na\n"), "line 4:"),
            (format!("{head}[system]\na {{{{ nonsense }}}}\n[user]\nb"), "line 5:"),
            (format!("{head}[system]\na\n[user]\nb\n{{{{ materiel }}}}"), "line 8:"),
            (format!("{head}[system]\na\n[user]\n{{% if %}}"), "line 7:"),
            (format!("{head}[system]\n[user]\nb"), "line 4:"),
        ] {
            let error = read(&text).expect_err(&text).to_string();
            assert!(error.contains("x.j2") && error.contains(place), "{text}: {error}");
        }
    }

    #[test]
    fn the_constant_part_is_rendered_once_and_the_other_each_time() {
        let template =
            read("---\nversion = 2\n---\n[system]\nBe brief.\n[user]\n<{{ material }}>\n").expect("reads");
        assert_eq!((template.version, template.system.as_str()), (2, "Be brief."));
        assert_eq!(
            template.user(&context! { material => "{{ x }} & <b>" }).expect("renders"),
            "<{{ x }} & <b>>"
        );
    }

    #[test]
    fn a_template_that_runs_for_ever_is_stopped() {
        let text = "---\nversion = 1\n---\n[system]\na\n[user]\n{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}{{ material }}";
        assert!(read(text).is_err());
    }
}
