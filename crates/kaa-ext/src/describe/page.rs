//! The description as a page for people. Everything is in it: it loads nothing, from nowhere.

use std::fmt::{self, Display, Write};

use super::{Content, Description, Function};

/// Light and dark as the reader's system has it.
const STYLE: &str = "\
:root{color-scheme:light dark;--line:#8884;--soft:#8882;--link:light-dark(#0550ae,#6cb6ff)}\
body{font:16px/1.5 system-ui,sans-serif;max-width:56rem;margin:0 auto;padding:1rem}\
h1,h2,h3{line-height:1.2}h2{margin-top:2.5rem;border-bottom:1px solid var(--line)}\
section{margin:1.5rem 0;padding:.5rem 1rem;border:1px solid var(--line);border-radius:.5rem}\
code,pre{font:14px/1.4 ui-monospace,monospace;background:var(--soft);border-radius:.25rem}\
code{padding:.1rem .3rem}pre{padding:.75rem;overflow:auto}\
table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;padding:.2rem .6rem .2rem 0}\
th{font-weight:600;white-space:nowrap;width:9rem}a{color:var(--link)}p{white-space:pre-line}.place{opacity:.7}";

impl Description {
    /// The description as an HTML page that needs nothing beside itself.
    pub fn html(&self) -> String {
        let mut page = String::new();
        // Writing to a text cannot fail.
        let _ = self.write_html(&mut page);
        page
    }

    fn write_html(&self, page: &mut String) -> fmt::Result {
        let name = Escaped(self.instance.as_str());
        write!(
            page,
            "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width\">\n\
             <title>{name}</title>\n<style>{STYLE}</style>\n<h1>{name}</h1>\n<p>Version {}. ",
            Escaped(&self.version)
        )?;
        writeln!(
            page,
            "Devices come through <code>{}</code>. The same for programs: <a href=\"/asyncapi.json\">AsyncAPI</a>, \
             <a href=\"/routes\">routes</a>.</p>",
            Escaped(self.communication_service.as_str())
        )?;
        for function in &self.functions {
            self.write_function(page, function)?;
        }
        if !self.schemas.is_empty() {
            page.push_str("<h2>Schemas</h2>\n");
        }
        for (name, schema) in &self.schemas {
            writeln!(
                page,
                "<section id=\"schema-{0}\"><h3>{0}</h3>\n<pre>{1}</pre></section>",
                Escaped(name),
                Escaped(&format!("{schema:#}"))
            )?;
        }
        Ok(())
    }

    fn write_function(&self, page: &mut String, function: &Function) -> fmt::Result {
        let Function { kind, name, doc, location, takes, answers, statuses, channels, .. } = function;
        writeln!(
            page,
            "<section>\n<h3>{kind} <code>{}</code> {}</h3>\n<p>{}</p>\n<table>",
            Escaped(function.handles()),
            Escaped(name),
            Escaped(doc)
        )?;
        for (title, content) in [("payload", takes), ("answer", answers)] {
            if let Some(content) = content {
                writeln!(page, "<tr><th>{title}<td>{}", Payload(content))?;
            }
        }
        for channel in channels {
            write!(
                page,
                "<tr><th>{}<td><code>{}</code> {}",
                if channel.queue_group.is_some() { "shared subject" } else { "subject" },
                Escaped(&channel.subject),
                Escaped(channel.envelope.name)
            )?;
            if let Some(answer) = &channel.answer {
                write!(
                    page,
                    "<br>answered with {} at its return address, or <code>{}</code>",
                    Escaped(answer.envelope.name),
                    Escaped(&answer.subject)
                )?;
            }
            page.push('\n');
        }
        for status in statuses {
            writeln!(page, "<tr><th>{}<td>{}", Escaped(status.code), Escaped(status.when))?;
        }
        writeln!(page, "</table>\n<p class=\"place\">{}</p>\n</section>", Escaped(&location.to_string()))
    }
}

/// A payload in a line, and its schema below.
struct Payload<'a>(&'a Content);

impl Display for Payload<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Content { media_type, type_name, optional, schema } = self.0;
        write!(f, "{}", Escaped(media_type))?;
        if let Some(name) = type_name {
            write!(f, " <code>{}</code>", Escaped(name))?;
        }
        if *optional {
            f.write_str(", may be missing")?;
        }
        if let Some(schema) = schema {
            write!(f, "<pre>{}</pre>", Escaped(&format!("{schema:#}")))?;
        }
        Ok(())
    }
}

/// Text that means nothing to a browser.
struct Escaped<'a>(&'a str);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| match c {
            '&' => f.write_str("&amp;"),
            '<' => f.write_str("&lt;"),
            '>' => f.write_str("&gt;"),
            '"' => f.write_str("&quot;"),
            '\'' => f.write_str("&#39;"),
            c => f.write_char(c),
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;

    /// Takes <script>alert("1")</script> & 'more'.
    #[resource("/a&b<c>", crate = crate)]
    async fn hostile(_body: Json<Vec<u8>>) -> String {
        String::new()
    }

    #[test]
    fn everything_is_escaped_and_nothing_is_loaded() {
        let description = Extension::new("<img").resources(resources![hostile]).describe().unwrap();
        let page = description.html();
        for text in ["&lt;img", "/a&amp;b&lt;c&gt;", "&lt;script&gt;alert(&quot;1&quot;)", "&#39;more&#39;"] {
            assert!(page.contains(text), "{text}: {page}");
        }
        for text in ["<script", "<img", "http:", "https:", "url(", "@import", " src="] {
            assert!(!page.contains(text), "{text}: {page}");
        }
    }
}
