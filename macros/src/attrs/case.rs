//! `rename_all`.

use super::Options;
use crate::diagnostics::{did_you_mean, one_of};

/// How `rename_all` turns the name of a method into the one on the wire.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Case {
    Snake,
    Camel,
    Pascal,
    Kebab,
    ScreamingSnake,
}

impl Case {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("snake_case", Self::Snake),
        ("camelCase", Self::Camel),
        ("PascalCase", Self::Pascal),
        ("kebab-case", Self::Kebab),
        ("SCREAMING_SNAKE_CASE", Self::ScreamingSnake),
    ];

    pub(crate) fn of(options: &Options<'_>) -> Option<Self> {
        let text = options.literal("rename_all")?;
        let known = Self::NAMES.iter().find(|(name, _)| *name == text.value());
        if known.is_none() {
            let names: Vec<&str> = Self::NAMES.iter().map(|(name, _)| *name).collect();
            let hint = did_you_mean(&text.value(), &names);
            let message = format!(
                "`{}` is no case{hint}\nit is one of {}",
                text.value(),
                one_of(&names)
            );
            options.diagnostics.error(text.span(), message);
        }
        known.map(|(_, case)| *case)
    }

    pub(crate) fn apply(self, name: &str) -> String {
        let words: Vec<&str> = name.split('_').filter(|word| !word.is_empty()).collect();
        let capital = |word: &&str| {
            let mut letters = word.chars();
            let first = letters.next().map(|c| c.to_ascii_uppercase());
            first.into_iter().chain(letters).collect::<String>()
        };
        match self {
            Self::Snake => words.join("_"),
            Self::Kebab => words.join("-"),
            Self::ScreamingSnake => words.join("_").to_ascii_uppercase(),
            Self::Pascal => words.iter().map(capital).collect(),
            Self::Camel => {
                let (first, rest) = words.split_first().map_or(("", &[][..]), |(f, r)| (*f, r));
                rest.iter()
                    .fold(first.to_owned(), |name, word| name + &capital(word))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_case_spells_the_words_its_own_way() {
        let spelt = |case: Case| case.apply("compose_my_greeting");
        assert_eq!(spelt(Case::Camel), "composeMyGreeting");
        assert_eq!(spelt(Case::Pascal), "ComposeMyGreeting");
        assert_eq!(spelt(Case::Kebab), "compose-my-greeting");
        assert_eq!(spelt(Case::ScreamingSnake), "COMPOSE_MY_GREETING");
        assert_eq!(spelt(Case::Snake), "compose_my_greeting");
    }
}
