"""Words are found without their accents, however these were typed: folding.py does the same to what is asked."""

from django.db import migrations

PLAIN = r"""
CREATE FUNCTION projects_plain(given text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT lower(normalize(regexp_replace(normalize(given, NFKD), '[\u0300-\u036f]+', '', 'g'), NFKC))
$$;
"""
LISTED = """
CREATE OR REPLACE FUNCTION projects_list() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO projects_projectlisting (project_id, document, words, languages, trend, money_permille, compute_permille)
    VALUES (
        NEW.id,
        setweight(to_tsvector('english', {title}), 'A')
            || setweight(to_tsvector('english', {rest}), 'B')
            || setweight(to_tsvector('english', {story}), 'D'),
        {words},
        coalesce(string_to_array(NEW.languages, ', '), '{{}}'),
        0,
        CASE WHEN NEW.funding_minimum > 0 OR NEW.funding_stretch > 0 THEN 0 END,
        CASE WHEN NEW.compute_minimum_us > 0 OR NEW.compute_stretch_us > 0 THEN 0 END
    )
    ON CONFLICT (project_id) DO UPDATE SET
        document = EXCLUDED.document, words = EXCLUDED.words, languages = EXCLUDED.languages;
    RETURN NULL;
END $$;
"""
TITLE, REST, STORY = "NEW.title", "NEW.promise || ' ' || NEW.tags", "NEW.story"
WORDS = "NEW.title || ' ' || NEW.promise || ' ' || NEW.tags"
AGAIN = "UPDATE projects_project SET title = title;"
FORWARD = PLAIN + LISTED.format(
    title=f"projects_plain({TITLE})", rest=f"projects_plain({REST})", story=f"projects_plain({STORY})",
    words=f"projects_plain({WORDS})",
) + AGAIN  # fmt: skip
BACKWARD = (
    LISTED.format(title=TITLE, rest=REST, story=STORY, words=f"lower({WORDS})")
    + AGAIN
    + "DROP FUNCTION projects_plain(text);"
)


class Migration(migrations.Migration):
    dependencies = [("projects", "0023_checked_links")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
