#include "auth_routes/letter.h"
#include "http/ctx.h"

/* What the mail is about, an organization or the new address, stands between the two halves of its text. */
typedef struct letter {
    const char *kind, *subject, *before, *behind, *page; /* page NULL: no link */
} letter;

static const letter letters[] = {
    {"verify", "Confirm your e-mail address", "Please confirm that this is your e-mail address", ".", "/verify-email"},
    {"reset", "Choose a new password", "Somebody, hopefully you, asked for a new password for this e-mail address",
     ". If it was not you, do nothing.", "/reset-password"},
    {"email_change", "Confirm your new e-mail address",
     "Please confirm that this is the new e-mail address of your account", ".", "/verify-email"},
    {"invitation", "You are invited", "You are invited to join ", ".", "/accept-invitation"},
    {"signup", "Confirm your sign-up", "Please confirm your sign-up", ".", "/verify-email"},
    {"signup_known", "You have an account already", "Somebody, hopefully you, signed up with this e-mail address",
     ", which has an account already. Sign in with it; if you forgot the password, ask for a new one.", NULL},
    {"email_change_notice", "The e-mail address of your account", "The e-mail address of your account changes to ",
     ". If you did not do this, choose a new password at once.", NULL},
    {"password_changed", "Your password was changed", "The password of your account was changed",
     ". If you did not do this, ask for a new one at once.", NULL},
    {"new_login", "A new sign-in to your account",
     "Somebody signed in to your account from where it was not used before",
     ". If it was not you, choose a new password at once and end the other sessions.", NULL},
};

static const letter *find(const char *kind)
{
    for (size_t i = 0; i < sizeof letters / sizeof *letters; i++)
        if (!strcmp(letters[i].kind, kind))
            return &letters[i];
    return NULL;
}

/* A name may hold anything but must not look like lines of this mail. */
static void put_in_line(saas_buf *b, saas_text about)
{
    for (size_t i = 0; i < about.len; i++) {
        unsigned char ch = (unsigned char)about.ptr[i];
        saas_buf_add(b, ch < ' ' || ch == 0x7f ? " " : &about.ptr[i], 1);
    }
}

saas_err saas_letter_write(saas_mail *mail, saas_ctx *c, const char *app_url, saas_text new_email)
{
    const letter *l = find(mail->kind);
    saas_text link = {NULL, 0};
    saas_buf b;
    if (!l)
        return SAAS_ERR_BUG;
    saas_buf_init(&b, &c->arena, 512);
    saas_buf_z(&b, l->before);
    put_in_line(&b, new_email.ptr ? new_email : saas_text_z(mail->organization));
    saas_buf_z(&b, l->behind);
    if (l->page && mail->token) {
        link = saas_format(c, "%s%s?token=%s", app_url, l->page, mail->token);
        saas_buf_lit(&b, "\n\n");
        saas_buf_text(&b, link);
    }
    saas_buf_lit(&b, "\n");
    const saas_text text = saas_buf_done(&b);
    if (!text.ptr || (l->page && mail->token && !link.ptr))
        return SAAS_ERR_NO_MEMORY;
    mail->subject = l->subject;
    mail->text = text.ptr;
    mail->link = link.ptr;
    return SAAS_OK;
}
