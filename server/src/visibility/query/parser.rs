//! From text to an untyped expression.

use winnow::{
    ModalResult, Parser, Stateful,
    ascii::{Caseless, digit1, multispace0},
    combinator::{alt, cut_err, delimited, eof, fail, not, opt, peek, preceded, separated},
    error::{ContextError, ErrMode, StrContext, StrContextValue},
    stream::AsChar,
    token::{any, take_while},
};

use super::QueryError;

/// The longest query. Those that people and the Web UI write are far below it.
const MAX_LENGTH: usize = 64 * 1024;

/// The deepest nesting, which bounds the stack that parsing and asking take.
const MAX_DEPTH: usize = 64;

/// A condition as it was written.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Expr {
    And(Vec<Expr>),
    Or(Vec<Expr>),
    Not(Box<Expr>),
    Compare(String, Operator, Literal),
    In(String, Vec<Literal>),
    Between(String, Literal, Literal),
    StartsWith(String, Literal),
    IsNull(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Operator {
    pub(super) fn symbol(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }
}

/// A value as it was written.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Literal {
    String(String),
    /// Digits with an optional sign, fraction and exponent.
    Number(String),
    Bool(bool),
}

/// What a query text consists of.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Parsed {
    pub(super) filter: Option<Expr>,
    pub(super) group_by: Vec<String>,
}

/// How deep the parser is; it travels with the input.
#[derive(Clone, Copy, Debug)]
struct Depth(usize);

type Input<'a> = Stateful<&'a str, Depth>;

type Failure = ErrMode<ContextError>;

/// Reads a whole query; an empty one has no filter.
pub(super) fn parse(text: &str) -> Result<Parsed, QueryError> {
    if text.len() > MAX_LENGTH {
        return Err(QueryError(format!(
            "it is {} bytes long, and the limit is {MAX_LENGTH} bytes",
            text.len()
        )));
    }
    let input = Stateful {
        input: text,
        state: Depth(0),
    };
    query
        .parse(input)
        .map_err(|error| malformed(text, error.offset(), error.inner()))
}

fn malformed(text: &str, offset: usize, context: &ContextError) -> QueryError {
    // An offset inside a character cannot come from a parser over `&str`; be safe all the same.
    let rest = text.get(offset..).unwrap_or_default();
    let near: String = rest.chars().take(20).collect();
    let place = if near.is_empty() {
        "at the end".to_owned()
    } else {
        format!("at position {}, near {near:?}", offset + 1)
    };
    let expected: Vec<String> = context
        .context()
        .filter_map(|context| match context {
            StrContext::Expected(StrContextValue::Description(what)) => Some((*what).to_owned()),
            _ => None,
        })
        .collect();
    match expected.first() {
        Some(expected) => QueryError(format!("{place}: expected {expected}")),
        None => QueryError(format!("cannot be read {place}")),
    }
}

fn expected(what: &'static str) -> StrContext {
    StrContext::Expected(StrContextValue::Description(what))
}

fn query(input: &mut Input<'_>) -> ModalResult<Parsed> {
    multispace0.parse_next(input)?;
    let no_filter = peek(alt((
        eof.void(),
        keyword("group"),
        keyword("order"),
        keyword("limit"),
    )));
    let filter = match opt(no_filter).parse_next(input)? {
        Some(()) => None,
        None => Some(or.parse_next(input)?),
    };
    let group_by = opt(preceded(
        (keyword("group"), cut_err(keyword("by"))),
        cut_err(columns),
    ))
    .parse_next(input)?
    .unwrap_or_default();
    unsupported_clause("order", "no ORDER BY: the order is fixed").parse_next(input)?;
    unsupported_clause("limit", "no LIMIT: ask for pages instead").parse_next(input)?;
    cut_err(eof)
        .context(expected("AND, OR, or the end of the query"))
        .parse_next(input)?;
    Ok(Parsed { filter, group_by })
}

/// A clause of SQL that is refused with the reason.
fn unsupported_clause<'a>(
    word: &'static str,
    reason: &'static str,
) -> impl Parser<Input<'a>, (), Failure> {
    cut_err(not(keyword(word))).context(expected(reason))
}

fn columns(input: &mut Input<'_>) -> ModalResult<Vec<String>> {
    separated(1.., column, symbol(",")).parse_next(input)
}

fn or(input: &mut Input<'_>) -> ModalResult<Expr> {
    let parts: Vec<Expr> =
        separated(1.., and, alt((keyword("or"), symbol("||")))).parse_next(input)?;
    Ok(one_or(parts, Expr::Or))
}

fn and(input: &mut Input<'_>) -> ModalResult<Expr> {
    let parts: Vec<Expr> =
        separated(1.., unary, alt((keyword("and"), symbol("&&")))).parse_next(input)?;
    Ok(one_or(parts, Expr::And))
}

fn one_or(mut parts: Vec<Expr>, many: fn(Vec<Expr>) -> Expr) -> Expr {
    if parts.len() == 1 {
        parts.remove(0)
    } else {
        many(parts)
    }
}

/// What NOT and parentheses nest.
fn unary(input: &mut Input<'_>) -> ModalResult<Expr> {
    if input.state.0 >= MAX_DEPTH {
        return cut_err(fail)
            .context(expected("fewer nested conditions"))
            .parse_next(input);
    }
    input.state.0 += 1;
    let result = unary_at_depth(input);
    input.state.0 -= 1;
    result
}

fn unary_at_depth(input: &mut Input<'_>) -> ModalResult<Expr> {
    if opt(keyword("not")).parse_next(input)?.is_some() {
        let inner = cut_err(unary).parse_next(input)?;
        return Ok(Expr::Not(Box::new(inner)));
    }
    if opt(symbol("(")).parse_next(input)?.is_some() {
        let inner = cut_err(or).parse_next(input)?;
        cut_err(symbol(")"))
            .context(expected("AND, OR or ')'"))
            .parse_next(input)?;
        return Ok(inner);
    }
    let column = cut_err(column).parse_next(input)?;
    cut_err(condition(column)).parse_next(input)
}

/// What follows a column's name.
fn condition<'a>(column: String) -> impl Parser<Input<'a>, Expr, Failure> {
    move |input: &mut Input<'a>| {
        let column = column.clone();
        if let Some(operator) = opt(operator).parse_next(input)? {
            let value = cut_err(literal).parse_next(input)?;
            return Ok(Expr::Compare(column, operator, value));
        }
        if opt(keyword("is")).parse_next(input)?.is_some() {
            let negated = opt(keyword("not")).parse_next(input)?.is_some();
            cut_err(keyword("null"))
                .context(expected("IS NULL or IS NOT NULL"))
                .parse_next(input)?;
            return Ok(negate_if(negated, Expr::IsNull(column)));
        }
        let negated = opt(keyword("not")).parse_next(input)?.is_some();
        let word = opt(alt((
            keyword("in").value(Word::In),
            keyword("between").value(Word::Between),
            keyword("starts_with").value(Word::StartsWith),
        )))
        .parse_next(input)?;
        let condition = match word {
            Some(Word::In) => Expr::In(column, cut_err(list).parse_next(input)?),
            Some(Word::Between) => {
                let from = cut_err(literal).parse_next(input)?;
                cut_err(keyword("and"))
                    .context(expected("AND and the upper bound of BETWEEN"))
                    .parse_next(input)?;
                let to = cut_err(literal).parse_next(input)?;
                Expr::Between(column, from, to)
            }
            Some(Word::StartsWith) => Expr::StartsWith(column, cut_err(literal).parse_next(input)?),
            None => {
                return cut_err(fail)
                    .context(expected(
                        "an operator: =, !=, <, <=, >, >=, [NOT] IN, [NOT] BETWEEN, \
                         [NOT] STARTS_WITH, IS [NOT] NULL",
                    ))
                    .parse_next(input);
            }
        };
        Ok(negate_if(negated, condition))
    }
}

#[derive(Clone, Copy)]
enum Word {
    In,
    Between,
    StartsWith,
}

fn negate_if(negated: bool, inner: Expr) -> Expr {
    if negated {
        return Expr::Not(Box::new(inner));
    }
    inner
}

fn list(input: &mut Input<'_>) -> ModalResult<Vec<Literal>> {
    symbol("(")
        .context(expected("'(' and a list of values"))
        .parse_next(input)?;
    let values = separated(1.., literal, symbol(",")).parse_next(input)?;
    cut_err(symbol(")"))
        .context(expected("',' or ')'"))
        .parse_next(input)?;
    Ok(values)
}

fn operator(input: &mut Input<'_>) -> ModalResult<Operator> {
    alt((
        symbol("<=").value(Operator::LessOrEqual),
        symbol(">=").value(Operator::GreaterOrEqual),
        symbol("!=").value(Operator::NotEqual),
        symbol("<>").value(Operator::NotEqual),
        symbol("=").value(Operator::Equal),
        symbol("<").value(Operator::Less),
        symbol(">").value(Operator::Greater),
    ))
    .parse_next(input)
}

/// A name: plain, or anything between backticks.
fn column(input: &mut Input<'_>) -> ModalResult<String> {
    let quoted = delimited('`', take_while(1.., |c| c != '`'), '`');
    let plain = (
        not(reserved_word),
        take_while(1, |c: char| c.is_alphabetic() || c == '_'),
        take_while(0.., is_name_char),
    )
        .take();
    let name: &str = alt((quoted, plain))
        .context(expected("the name of a search attribute"))
        .parse_next(input)?;
    multispace0.parse_next(input)?;
    Ok(name.to_owned())
}

fn reserved_word(input: &mut Input<'_>) -> ModalResult<()> {
    const WORDS: [&str; 11] = [
        "and",
        "or",
        "not",
        "in",
        "between",
        "is",
        "null",
        "group",
        "order",
        "limit",
        "starts_with",
    ];
    let word = take_while(1.., is_name_char).parse_next(input)?;
    if WORDS.iter().any(|known| known.eq_ignore_ascii_case(word)) {
        return Ok(());
    }
    fail.parse_next(input)
}

fn is_name_char(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn literal(input: &mut Input<'_>) -> ModalResult<Literal> {
    let value = alt((
        quoted('\'').map(Literal::String),
        quoted('"').map(Literal::String),
        number.map(|digits| Literal::Number(digits.to_owned())),
        word("true").value(Literal::Bool(true)),
        word("false").value(Literal::Bool(false)),
    ))
    .context(expected("a value: 'text', a number, true or false"))
    .parse_next(input)?;
    multispace0.parse_next(input)?;
    Ok(value)
}

fn number<'a>(input: &mut Input<'a>) -> ModalResult<&'a str> {
    let fraction = opt(('.', digit1));
    let exponent = opt((alt(('e', 'E')), opt(alt(('+', '-'))), digit1));
    let no_name = not(any.verify(|&c: &char| c.is_alpha() || c == '_'));
    (opt(alt(('+', '-'))), digit1, fraction, exponent)
        .take()
        .parse_next(input)
        .and_then(|digits| no_name.map(|()| digits).parse_next(input))
}

/// Text between quotes. A quote inside is doubled or escaped with a backslash.
fn quoted<'a>(quote: char) -> impl Parser<Input<'a>, String, Failure> {
    move |input: &mut Input<'a>| {
        let mut quote = quote;
        quote.parse_next(input)?;
        let mut text = String::new();
        loop {
            let unclosed = expected("the closing quote");
            match cut_err(any).context(unclosed.clone()).parse_next(input)? {
                '\\' => text.push(unescape(cut_err(any).context(unclosed).parse_next(input)?)),
                c if c == quote => match opt(quote).parse_next(input)? {
                    Some(doubled) => text.push(doubled),
                    None => return Ok(text),
                },
                c => text.push(c),
            }
        }
    }
}

fn unescape(c: char) -> char {
    match c {
        '0' => '\0',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        other => other,
    }
}

/// A word in any case, and the spaces behind it.
fn keyword<'a>(text: &'static str) -> impl Parser<Input<'a>, (), Failure> {
    (word(text), multispace0).void()
}

fn word<'a>(text: &'static str) -> impl Parser<Input<'a>, (), Failure> {
    (Caseless(text), not(any.verify(|&c: &char| is_name_char(c)))).void()
}

/// A symbol, and the spaces behind it.
fn symbol<'a>(text: &'static str) -> impl Parser<Input<'a>, (), Failure> {
    (text, multispace0).void()
}
