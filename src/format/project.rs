//! Which project a working directory belongs to.
//!
//! The last part of the path names it. But agents, and the programs that start them, work in work
//! trees that they keep in special folders: a tree there belongs to its repository, and its name is
//! at most that of a branch. Only paths are looked at; git is not run.

/// Folders of work trees, part by part, from docs/formats.md 2.5 and the documentation of the
/// programs. `REPO` is the repository, `TREE` the work tree, `HOME` a user's home folder; any other
/// part is literal. Other parts may precede and follow. The first shape that fits counts.
const SHAPES: &[&[&str]] = &[
    &["HOME", ".codex", "worktrees", "TREE", "REPO"],
    &["REPO", ".codex", "worktrees", "TREE"],
    &["REPO", ".claude", "worktrees", "TREE"],
    &[".t3", "worktrees", "REPO", "TREE"],
    &[".cursor", "worktrees", "REPO", "TREE"],
    &[".superset", "worktrees", "REPO", "TREE"],
    &[".code", "working", "REPO", "branches", "TREE"],
    &["HOME", "conductor", "workspaces", "REPO", "TREE"],
    &["REPO", ".conductor", "TREE"],
    &["HOME", ".worktrees", "REPO", "TREE"],
    &["REPO", ".worktrees", "TREE"],
    &["REPO.worktrees", "TREE"],
];

/// The repository and the work tree of a working directory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Project<'a> {
    /// Name of the repository, or of the folder itself; `None` for a root.
    pub(super) name: Option<&'a str>,
    /// Name of the work tree, if the directory is in one.
    pub(super) tree: Option<&'a str>,
}

impl Project<'_> {
    /// Returns the project of a working directory. Both slashes separate: the session may be of
    /// another system.
    pub(super) fn of(cwd: &str) -> Project<'_> {
        let mut parts: Vec<&str> = cwd.split(['/', '\\']).collect();
        parts.retain(|part| !part.is_empty());
        let home = home(&parts);
        for at in 0..parts.len() {
            for shape in SHAPES {
                if let Some(project) = fit(shape, &parts, at, home) {
                    return project;
                }
            }
        }
        Project {
            name: parts.last().copied(),
            tree: None,
        }
    }
}

/// Compares a shape with the parts from `at` on; `home` is the index of the home folder.
fn fit<'a>(
    shape: &[&str],
    parts: &[&'a str],
    at: usize,
    home: Option<usize>,
) -> Option<Project<'a>> {
    let mut found = Project::default();
    for (n, wanted) in shape.iter().enumerate() {
        let part = *parts.get(at + n)?;
        let is_home = home == Some(at + n);
        match *wanted {
            // Neither a home nor a drive is a repository.
            "REPO" if is_home || part.ends_with(':') => return None,
            "REPO" => found.name = Some(part),
            "REPO.worktrees" => match part.strip_suffix(".worktrees")? {
                "" => return None,
                name => found.name = Some(name),
            },
            "TREE" => found.tree = Some(part),
            "HOME" if is_home => {}
            literal if literal == part => {}
            _ => return None,
        }
    }
    Some(found)
}

/// Returns which part is a user's home folder: `/home/ana`, `/Users/ana`, `C:\Users\ana`, also as
/// other systems reach it (`/mnt/c`, `/c`, `\\wsl$\Ubuntu`), and `/root`.
fn home(parts: &[&str]) -> Option<usize> {
    let first = *parts.first()?;
    let above = match first {
        "root" => return Some(0),
        "mnt" | "wsl$" | "wsl.localhost" => 2,
        "var" => 1,
        drive if drive.ends_with(':') || drive.len() == 1 => 1,
        _ => 0,
    };
    let folder = parts.get(above)?;
    let holds_homes = folder.eq_ignore_ascii_case("home") || folder.eq_ignore_ascii_case("users");
    if !holds_homes || parts.len() <= above + 1 {
        return None;
    }
    Some(above + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(cwd: &str) -> (&str, &str) {
        let Project { name, tree } = Project::of(cwd);
        (name.unwrap_or_default(), tree.unwrap_or_default())
    }

    #[test]
    fn a_work_tree_belongs_to_its_repository() {
        for (cwd, expected) in [
            ("/home/ana/code/shop/.worktrees/tax", ("shop", "tax")),
            (
                "/home/ana/code/shop/.worktrees/tax/web/api",
                ("shop", "tax"),
            ),
            (
                "/home/ana/code/shop/.claude/worktrees/brave-fox",
                ("shop", "brave-fox"),
            ),
            (
                "C:\\code\\shop\\.claude\\worktrees\\kind-owl",
                ("shop", "kind-owl"),
            ),
            ("C:/code/shop/.worktrees/tax/", ("shop", "tax")),
            (
                "\\\\wsl$\\Ubuntu\\home\\ana\\.codex\\worktrees\\9f3e\\shop",
                ("shop", "9f3e"),
            ),
            ("/home/ana/.codex/worktrees/9f3e/shop", ("shop", "9f3e")),
            ("/home/ana/.codex/worktrees/9f3e/shop/web", ("shop", "9f3e")),
            ("/root/.codex/worktrees/9f3e/shop", ("shop", "9f3e")),
            (
                "C:\\Users\\ana\\.codex\\worktrees\\9f3e\\shop",
                ("shop", "9f3e"),
            ),
            (
                "/mnt/c/Users/ana/.codex/worktrees/9f3e/shop",
                ("shop", "9f3e"),
            ),
            (
                "/home/ana/code/shop/.codex/worktrees/9f3e",
                ("shop", "9f3e"),
            ),
            (
                "/home/ana/code/shop/.codex/worktrees/9f3e/web",
                ("shop", "9f3e"),
            ),
            (
                "/home/ana/.t3/worktrees/shop/t3code-a09d",
                ("shop", "t3code-a09d"),
            ),
            ("/home/ana/.cursor/worktrees/shop/x1", ("shop", "x1")),
            ("/home/ana/.superset/worktrees/shop/tax", ("shop", "tax")),
            (
                "/Users/ana/conductor/workspaces/shop/tokyo",
                ("shop", "tokyo"),
            ),
            ("/home/ana/.code/working/shop/branches/tax", ("shop", "tax")),
            ("/home/ana/.worktrees/shop/tax", ("shop", "tax")),
            ("/workspace/.worktrees/tax", ("workspace", "tax")),
            ("/home/ana/code/shop.worktrees/tax", ("shop", "tax")),
            // A tree within a tree.
            (
                "/home/ana/.codex/worktrees/9f3e/shop/.claude/worktrees/brave-fox",
                ("shop", "9f3e"),
            ),
        ] {
            assert_eq!(of(cwd), expected, "{cwd}");
        }
    }

    #[test]
    fn near_misses_are_named_by_their_last_part() {
        for (cwd, expected) in [
            ("/home/ana/code/worktrees", "worktrees"),
            ("/home/ana/code/worktrees/tax", "tax"),
            ("/home/ana/code/.worktrees", ".worktrees"),
            ("/home/ana/code/shop/.worktrees/", ".worktrees"),
            ("/home/ana/code/shop/.claude/worktrees", "worktrees"),
            ("/home/ana/code/shop/.claude", ".claude"),
            ("/home/ana/code/shop.worktrees", "shop.worktrees"),
            ("/home/ana/code/shop__worktrees/tax", "tax"),
            ("/home/ana/code/shop/.worktrees-old/tax", "tax"),
            ("/home/ana/.codex/worktrees/9f3e", "9f3e"),
            ("/home/ana/.t3/worktrees/shop", "shop"),
            ("/home/ana/conductor/workspaces/shop", "shop"),
            ("/home/ana/code/conductor/workspaces/web/api", "api"),
            ("/home/ana/.code/working/shop", "shop"),
            ("/home/ana/.code/working/shop/branches", "branches"),
            ("/.worktrees/tax", "tax"),
            ("D:\\.worktrees\\tax", "tax"),
            ("D:\\", "D:"),
            ("/", ""),
            ("", ""),
        ] {
            assert_eq!(of(cwd), (expected, ""), "{cwd}");
        }
    }
}
