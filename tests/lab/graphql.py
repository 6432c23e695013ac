"""As much of GraphQL as reading needs: parse a query, pick what it asks out of values.

execute(text, variables, root) gives the `data` of the answer, or raises GraphqlError. Objects are
dicts; a member that can be called is called with the field's arguments. Known: one operation,
aliases, arguments, variables with defaults, named and inline fragments, @include, @skip, __typename.
"""
import json
import re

TOKEN = re.compile(r'[\s,\ufeff]+|#[^\n]*|(?P<t>\.\.\.|[!$():=@\[\]{}|&]|"""(?:.|\n)*?"""|"(?:\\.|[^"\\])*"'
                   r"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|[A-Za-z_]\w*)")
WORDS = {"true": True, "false": False, "null": None}


class GraphqlError(Exception):
    pass


class Var(str):
    pass


class Parser:
    def __init__(self, text):
        self.tokens, at = [], 0
        while at < len(text):
            m = TOKEN.match(text, at)
            if not m:
                raise GraphqlError(f"Syntax Error: Unexpected character: {text[at]!r}.")
            if m.group("t"):
                self.tokens.append(m.group("t"))
            at = m.end()
        self.tokens.append("<EOF>")
        self.at = 0

    def peek(self):
        return self.tokens[self.at]

    def take(self, wanted=None):
        token = self.tokens[self.at]
        if token == "<EOF>" or (wanted is not None and token != wanted):
            raise GraphqlError(f'Syntax Error: Expected {wanted or "a token"}, found {token}.')
        self.at += 1
        return token

    def maybe(self, wanted):
        if self.peek() == wanted:
            self.at += 1
            return True
        return False

    def document(self):
        operation, fragments = None, {}
        while self.peek() != "<EOF>":
            if self.maybe("fragment"):
                name = self.take()
                self.take("on")
                self.take()
                fragments[name] = self.selections()
                continue
            defaults = {}
            if self.peek() != "{":
                self.take()
                if self.peek() not in "({@":
                    self.take()
                defaults = self.definitions()
            operation = operation or (defaults, self.selections())
        if not operation:
            raise GraphqlError("Must provide an operation.")
        return operation + (fragments,)

    def definitions(self):
        defaults = {}
        if self.maybe("("):
            while not self.maybe(")"):
                self.take("$")
                name = self.take()
                self.take(":")
                while self.peek() in "[]!" or self.peek()[0].isalpha():
                    self.take()
                if self.maybe("="):
                    defaults[name] = self.value()
        return defaults

    def selections(self):
        found = []
        self.take("{")
        while not self.maybe("}"):
            if self.maybe("..."):
                if self.maybe("on"):
                    self.take()
                    found.append(("inline", self.directives(), self.selections()))
                elif self.peek() == "{":
                    found.append(("inline", {}, self.selections()))
                else:
                    found.append(("spread", self.take(), self.directives()))
                continue
            alias = name = self.take()
            if self.maybe(":"):
                name = self.take()
            found.append(("field", alias, name, self.arguments(), self.directives(),
                          self.selections() if self.peek() == "{" else None))
        return found

    def arguments(self):
        found = {}
        if self.maybe("("):
            while not self.maybe(")"):
                name = self.take()
                self.take(":")
                found[name] = self.value()
        return found

    def directives(self):
        found = {}
        while self.maybe("@"):
            name = self.take()
            found[name] = self.arguments()
        return found

    def value(self):
        token = self.take()
        if token == "$":
            return Var(self.take())
        if token == "[":
            items = []
            while not self.maybe("]"):
                items.append(self.value())
            return items
        if token == "{":
            found = {}
            while not self.maybe("}"):
                name = self.take()
                self.take(":")
                found[name] = self.value()
            return found
        if token.startswith('"""'):
            return token[3:-3]
        if token[0] == '"':
            return json.loads(token)
        if token[0].isdigit() or token[0] == "-":
            return json.loads(token)
        return WORDS.get(token, token)


def execute(text, variables, root):
    defaults, selections, fragments = Parser(text).document()
    given = {**defaults, **(variables or {})}

    def fill(value):
        if isinstance(value, Var):
            return given.get(value)
        if isinstance(value, list):
            return [fill(v) for v in value]
        if isinstance(value, dict):
            return {k: fill(v) for k, v in value.items()}
        return value

    def wanted(directives):
        return fill(directives.get("include", {}).get("if", True)) and not fill(directives.get("skip", {}).get("if", False))

    def pick(thing, chosen):
        if isinstance(thing, list):
            return [pick(t, chosen) for t in thing]
        if thing is None or chosen is None:
            return thing
        out = {}
        for kind, *rest in chosen:
            if kind == "field":
                alias, name, arguments, directives, inner = rest
                if wanted(directives):
                    out[alias] = pick(member(thing, name, arguments), inner)
            elif kind == "inline":
                if wanted(rest[0]):
                    out.update(pick(thing, rest[1]))
            elif wanted(rest[1]):
                if rest[0] not in fragments:
                    raise GraphqlError(f'Unknown fragment "{rest[0]}".')
                out.update(pick(thing, fragments[rest[0]]))
        return out

    def member(thing, name, arguments):
        if name not in thing:
            raise GraphqlError(f'Cannot query field "{name}" on type "{thing.get("__typename", "Query")}".')
        value = thing[name]
        return value(**{k: fill(v) for k, v in arguments.items()}) if callable(value) else value

    return pick(root, selections)
