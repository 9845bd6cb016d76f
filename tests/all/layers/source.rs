//! A source file as tokens: what it names and defines, its comments and its tests not counted.

use std::sync::OnceLock;

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::visit_mut::{self, VisitMut};
use syn::{Attribute, Block, ImplItem, Item, Signature};

use crate::run;

/// One file below `src/`.
pub(super) struct Source {
    /// Path below `src/`: `rank/rule.rs`.
    pub(super) path: String,
    /// The whole text.
    pub(super) text: String,
    /// The tokens of all items, without documentation and without what is compiled for tests only.
    tokens: Vec<Token>,
    /// The names of the types and traits that the file defines.
    pub(super) types: Vec<String>,
    /// Every function with the number of its lines, signature included.
    pub(super) functions: Vec<(String, usize)>,
    /// Lines of the items that are compiled for tests only.
    test_lines: usize,
}

/// A token; brackets are tokens of their own.
pub(super) struct Token {
    kind: Kind,
    pub(super) text: String,
    pub(super) line: usize,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Name,
    Literal,
    Mark,
}

/// All files below `src/`, but for those that hold tests only; read once.
pub(super) fn sources() -> &'static [Source] {
    static ALL: OnceLock<Vec<Source>> = OnceLock::new();
    ALL.get_or_init(read_all)
}

fn read_all() -> Vec<Source> {
    let folder = run::root().join("src");
    let mut all = Vec::new();
    for path in run::files(&folder) {
        if !run::has_extension(&path, "rs") {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("sources are text");
        let below = path.strip_prefix(&folder).expect("it lies below");
        let below = below.to_string_lossy().into_owned();
        if below.split(['/', '.']).any(|part| part == "tests") {
            continue;
        }
        all.push(Source::new(below, text));
    }
    all
}

impl Source {
    fn new(path: String, text: String) -> Source {
        let mut file = syn::parse_file(&text).expect("sources are Rust");
        let mut product = Product::default();
        product.visit_file_mut(&mut file);
        let mut tokens = Vec::new();
        flatten(file.to_token_stream(), &mut tokens);
        Source {
            path,
            text,
            tokens,
            types: types(&file),
            functions: product.functions,
            test_lines: product.test_lines,
        }
    }

    /// The name of the file without `.rs`.
    pub(super) fn stem(&self) -> &str {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        name.trim_end_matches(".rs")
    }

    /// The room it lies in: `rank` for `rank.rs` and `rank/rule/x.rs`, `bin` for the binaries.
    pub(super) fn room(&self) -> &str {
        self.path.split(['/', '.']).next().unwrap_or_default()
    }

    /// Whether it is the module of that path or lies in its folder.
    pub(super) fn belongs_to(&self, module: &str) -> bool {
        self.path
            .strip_prefix(module)
            .is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
    }

    /// Whether the house has a module of that name at its ground.
    pub(super) fn is_a_module(&self, name: &str) -> bool {
        run::root().join(format!("src/{name}.rs")).exists()
    }

    /// What the code takes from the top of a crate: `a` and `c` of `use crate::{a::b, c}`.
    pub(super) fn uses(&self, top: &str) -> Vec<&str> {
        let mut used = Vec::new();
        for at in self.paths_from(top) {
            match self.tokens.get(at + 3) {
                Some(token) if token.kind == Kind::Name => used.push(&*token.text),
                Some(token) if token.text == "{" => used.extend(self.first_names(at + 4)),
                _ => {}
            }
        }
        used
    }

    /// Whether the code has a path that begins with this crate.
    pub(super) fn names_crate(&self, name: &str) -> bool {
        let imports_all =
            |at: usize| self.is(at, "use") && self.is(at + 1, name) && self.is(at + 2, ";");
        !self.paths_from(name).is_empty() || (0..self.tokens.len()).any(imports_all)
    }

    /// Whether the code has `NAME::` in it, wherever in a path.
    pub(super) fn mentions_path(&self, module: &str) -> bool {
        (0..self.tokens.len()).any(|at| self.is(at, module) && self.is_separator(at + 1))
    }

    /// Names and literals of the code.
    pub(super) fn words(&self) -> impl Iterator<Item = &Token> {
        self.tokens.iter().filter(|token| token.kind != Kind::Mark)
    }

    /// Whether this text, with its quotes, is a literal of the code or stands in one.
    pub(super) fn has_literal(&self, literal: &str) -> bool {
        self.words().any(|word| word.text.contains(literal))
    }

    /// The modules that a constant of the file names: `a` of `a::RULE`.
    pub(super) fn modules_in_constant(&self, constant: &str) -> Vec<&str> {
        let mut tokens = self.tokens.iter().enumerate();
        let is_here =
            |(at, token): &(usize, &Token)| token.text == "const" && self.is(at + 1, constant);
        let Some((start, _)) = tokens.find(is_here) else {
            return Vec::new();
        };
        let mut modules = Vec::new();
        let mut depth = 0;
        for (at, token) in self.tokens.iter().enumerate().skip(start) {
            match token.text.as_str() {
                "[" => depth += 1,
                "]" => depth -= 1,
                ";" if depth == 0 => break,
                name if self.is_separator(at + 1) => modules.push(name),
                _ => {}
            }
        }
        modules
    }

    /// Lines of the file, those of its tests not counted.
    pub(super) fn lines_without_tests(&self) -> usize {
        self.text.lines().count() - self.test_lines
    }

    /// Where a path begins with this name: the indices of the name.
    fn paths_from(&self, top: &str) -> Vec<usize> {
        let begins = |at: &usize| {
            let goes_on = at.checked_sub(1).is_some_and(|before| self.is(before, ":"));
            !goes_on && self.is(*at, top) && self.is_separator(at + 1)
        };
        (0..self.tokens.len()).filter(begins).collect()
    }

    /// The first names of the paths of a `use` group, whose first token is at this index.
    fn first_names(&self, from: usize) -> Vec<&str> {
        let mut names = Vec::new();
        let (mut depth, mut at_start) = (0, true);
        for token in self.tokens.iter().skip(from) {
            match token.text.as_str() {
                "}" if depth == 0 => break,
                "{" => depth += 1,
                "}" => depth -= 1,
                "," if depth == 0 => at_start = true,
                name if at_start => {
                    names.push(name);
                    at_start = false;
                }
                _ => {}
            }
        }
        names
    }

    fn is(&self, at: usize, text: &str) -> bool {
        self.tokens.get(at).is_some_and(|token| token.text == text)
    }

    fn is_separator(&self, at: usize) -> bool {
        self.is(at, ":") && self.is(at + 1, ":")
    }
}

fn types(file: &syn::File) -> Vec<String> {
    let mut types = Vec::new();
    for item in &file.items {
        match item {
            Item::Struct(of) => types.push(of.ident.to_string()),
            Item::Enum(of) => types.push(of.ident.to_string()),
            Item::Trait(of) => types.push(of.ident.to_string()),
            Item::Type(of) => types.push(of.ident.to_string()),
            _ => {}
        }
    }
    types
}

/// Takes documentation and tests out of a file.
#[derive(Default)]
struct Product {
    test_lines: usize,
    functions: Vec<(String, usize)>,
}

impl Product {
    fn function(&mut self, signature: &Signature, body: &Block) {
        let lines = body.span().end().line - signature.span().start().line + 1;
        self.functions.push((signature.ident.to_string(), lines));
    }

    /// Counts the lines of an item for tests; returns whether it is none.
    fn stays(&mut self, attributes: &[Attribute], item: &impl Spanned) -> bool {
        let is_for_tests = attributes
            .iter()
            .any(|of| of.to_token_stream().to_string() == "# [cfg (test)]");
        if is_for_tests {
            let span = item.span();
            self.test_lines += span.end().line - span.start().line + 1;
        }
        !is_for_tests
    }
}

impl VisitMut for Product {
    fn visit_file_mut(&mut self, file: &mut syn::File) {
        file.items.retain(|item| self.stays(attributes(item), item));
        visit_mut::visit_file_mut(self, file);
    }

    fn visit_item_impl_mut(&mut self, item: &mut syn::ItemImpl) {
        item.items.retain(|item| match item {
            ImplItem::Fn(of) => self.stays(&of.attrs, item),
            _ => true,
        });
        visit_mut::visit_item_impl_mut(self, item);
    }

    fn visit_item_fn_mut(&mut self, item: &mut syn::ItemFn) {
        self.function(&item.sig, &item.block);
        visit_mut::visit_item_fn_mut(self, item);
    }

    fn visit_impl_item_fn_mut(&mut self, item: &mut syn::ImplItemFn) {
        self.function(&item.sig, &item.block);
        visit_mut::visit_impl_item_fn_mut(self, item);
    }

    fn visit_attributes_mut(&mut self, attributes: &mut Vec<Attribute>) {
        attributes.retain(|of| !of.path().is_ident("doc"));
    }
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(of) => &of.attrs,
        Item::Fn(of) => &of.attrs,
        Item::Impl(of) => &of.attrs,
        Item::Mod(of) => &of.attrs,
        Item::Struct(of) => &of.attrs,
        Item::Use(of) => &of.attrs,
        _ => &[],
    }
}

/// Appends all tokens in their order.
fn flatten(stream: TokenStream, tokens: &mut Vec<Token>) {
    for token in stream {
        let line = token.span().start().line;
        let mut add = |kind, text| tokens.push(Token { kind, text, line });
        match token {
            TokenTree::Ident(name) => add(Kind::Name, name.to_string()),
            TokenTree::Literal(literal) => add(Kind::Literal, literal.to_string()),
            TokenTree::Punct(mark) => add(Kind::Mark, mark.to_string()),
            TokenTree::Group(group) => {
                let [open, close] = match group.delimiter() {
                    Delimiter::Parenthesis => ["(", ")"],
                    Delimiter::Brace => ["{", "}"],
                    Delimiter::Bracket => ["[", "]"],
                    Delimiter::None => ["", ""],
                };
                add(Kind::Mark, open.to_owned());
                flatten(group.stream(), tokens);
                let (kind, text) = (Kind::Mark, close.to_owned());
                tokens.push(Token { kind, text, line });
            }
        }
    }
}
